import { ContractError } from '@nova-stack/nova-core-api';
import { describe, expect, it } from 'vitest';

import { NovaCoreError } from '../errors.ts';
import { TypeFileRejected } from '../vgpu/catalogue.ts';
import { VgpuFailure } from '../vgpu/task.ts';
import { errorChain, Teller } from './errors.ts';

const leak = new NovaCoreError('TIMEOUT', 'vgpu', 'no answer to VGPU_MGR_INTERNAL_BOOTLOAD', { cause: new Error('0x20804001 at 570.144') });

describe('Teller', () => {
  const reports: [string, unknown][] = [];
  const teller = new Teller('g0', (id, error) => void reports.push([id, error]));

  it.each([
    [leak, 'Timeout'],
    [new NovaCoreError('RPC', 'memory', 'checksum'), 'Timeout'],
    [new NovaCoreError('DEVICE_LOST', 'memory', 'gone'), 'DeviceLost'],
    [new NovaCoreError('NO_MEMORY', 'vgpu', 'none'), 'NoMemory'],
    [new VgpuFailure('quarantined', leak), 'Quarantined'],
    [new VgpuFailure('clean', leak), 'Timeout'],
    [new TypeFileRejected('incompatible', leak), 'Incompatible'],
    [new TypeFileRejected('damaged', leak), 'BadData'],
  ])('says %s in words of the contract, and nothing else', (error, code) => {
    const told = teller.tell(error) as ContractError;
    expect(told).toBeInstanceOf(ContractError);
    expect(told.code).toBe(code);
    expect(told.cause).toBeUndefined();
    expect(JSON.stringify([told.message, told.reason, told.subject, told.supportId])).not.toMatch(/570|0x|INTERNAL|RPC/);
    expect(reports.at(-1)![0]).toBe(told.supportId);
  });

  it('leaves to the session what has no word in the contract', () => {
    const refused = new NovaCoreError('REFUSED', 'vgpu', 'status 0x56');
    expect(teller.tell(refused)).toBe(refused);
    const range = new ContractError('Range', 'x');
    expect(teller.tell(range)).toBe(range);
  });

  it('keeps the chain for the trace', () => {
    expect(errorChain(leak)).toBe('NovaCoreError: vgpu: no answer to VGPU_MGR_INTERNAL_BOOTLOAD < Error: 0x20804001 at 570.144');
    expect(errorChain('x')).toBe('a thrown string');
  });
});
