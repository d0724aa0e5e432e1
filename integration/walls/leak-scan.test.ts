import { describe, expect, test } from "vitest";
import { findLeaks } from "./leak-scan.ts";

const entries = (text: string): string[] => findLeaks(text).map((leak) => leak.entry);

describe("a name that must not cross the contract is found", () => {
  test.each([
    ["vmmu", "readonly vmmuSegmentCount: number;"],
    ["vmmu", "#define NOVA_VMMU_SEGMENTS 4"],
    ["chid", "/** First of the chids. */"],
    ["gfid", "gfid: number"],
    ["runlist", "runlistId: number"],
    ["run list", "run_list: u32"],
    ["gsp", "interface GspClient {}"],
    ["gsp", "throw new Error('the GSP did not answer')"],
    ["rm", "rmControl(command: number): void"],
    ["nv status", "readonly status: NV_STATUS;"],
    ["0x20801a0c", "const GET = 0x20801a0c;"],
    ["0xA081_0101", "case 0xA081_0101:"],
    ["NV2080", "type Subject = NV2080;"],
    ["570.144", "/** Since 570.144. */"],
    ["535.113.01", "'535.113.01'"],
    ["r570_144", "import type { X } from './r570_144.ts'"],
    ["vGPU 18.1", "/** vGPU 18.1 or later */"],
    ["wpr", "wprSize: bigint"],
    ["wpr", "WPR2 is set"],
    ["falcon", "resetFalcon(): void"],
    ["bar 1", "bar1Size: number"],
    ["bar 1", "maps BAR1"],
    ["AD102", "/** AD102 only */"],
    ["NV_PMC_BOOT_0", "read(NV_PMC_BOOT_0)"],
    ["void *", "void *priv;"],
    ["pci dev", "struct pci_dev pdev"],
    ["plugin", "pluginTask: string"],
    ["non stall", "nonStallVector"],
  ])("%s in %s", (entry, text) => {
    expect(entries(text)).toContain(entry);
  });
});

test("what only looks like one is not", () => {
  const harmless = `
    /** Which of the machine's formats are unsurprising; a promise rejects with an error, 100.25 ms, 0x20801. */
    readonly normalized: number; readonly armed: boolean; readonly thermal: string;
    readonly chidden: string; readonly firmwareAgnostic: true; readonly barrier: number;
    readonly vfIndex: number; readonly slots: number; readonly deviceId: 0x26b5; readonly typeName: "L40-4Q";
    interface GuestBar { readonly index: number; readonly size: number }
    contract version 1.2; 570 bytes; advance(); grab(); halt();
  `;
  expect(findLeaks(harmless)).toEqual([]);
});

test("a hit says where it stands", () => {
  expect(findLeaks("export interface A {\n  readonly a: number;\n  readonly chid: number;\n}\n")).toEqual([
    { group: "channels and engines", entry: "chid", line: 3, text: "readonly chid: number;" },
  ]);
});
