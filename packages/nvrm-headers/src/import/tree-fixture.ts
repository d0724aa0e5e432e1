// A small tree in the shape of NVIDIA's open kernel modules, every text our own: a little of each kind of thing that an
// import reads, and all that has misled readers of the real headers.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The version that the tree says it is. */
export const TREE_VERSION: string = '999.10';

/** Texts by path. */
export type Tree = Readonly<Record<string, string>>;

const BUILD: Tree = {
  'version.mk': `NVIDIA_VERSION = ${TREE_VERSION}\n`,
  'src/nvidia/Makefile': `
SRC_COMMON = ../common
CFLAGS += -include $(SRC_COMMON)/sdk/nvidia/inc/cpuopsys.h
CFLAGS += -I inc
CFLAGS += -I inc/kernel
CFLAGS += -I generated
CFLAGS += -I $(SRC_COMMON)/sdk/nvidia/inc
CFLAGS += -I $(SRC_COMMON)/library/$(LIBRARY_VERSION)/include
ifeq ($(TARGET_ARCH),x86_64)
  CFLAGS += -mno-sse
endif
CFLAGS += -DNVRM
CFLAGS += -DPORT_IS_CHECKED_BUILD=0
`,
  'src/nvidia/src/kernel/vgpu/rpc.c': `
/* How messages are sent: what stands before the first line of code counts. */
//**** begins no comment of several lines
#include "os/os.h"
#include "vgpu/rpc.h"
#define SDK_ALL_CLASSES_INCLUDE_FULL_HEADER
#include "g_allclasses.h"
#undef SDK_ALL_CLASSES_INCLUDE_FULL_HEADER
#define RPC_STRUCTURES
#include "g_rpc-structures.h"
#undef RPC_STRUCTURES
static int sent;
#include "no/such/header.h"
`,
};

const SDK = 'src/common/sdk/nvidia/inc';

const BASICS: Tree = {
  [`${SDK}/cpuopsys.h`]: '#ifndef CPUOPSYS_H\n#define CPUOPSYS_H\n#define NV_UNIX 1\n#endif\n',
  [`${SDK}/nvtypes.h`]: `
#ifndef NVTYPES_H
#define NVTYPES_H
#include "cpuopsys.h"
#include <stdint.h>
typedef unsigned char NvU8;
typedef unsigned short NvU16;
typedef unsigned int NvU32;
typedef signed int NvS32;
typedef unsigned long long NvU64;
typedef NvU8 NvBool;
typedef NvU32 NvHandle;
#ifdef NVRM
typedef void *NvP64;
#else
typedef NvU64 NvP64;
#endif
#define NV_ALIGN_BYTES(size) __attribute__((aligned(size)))
#define NV_DECLARE_ALIGNED(type_and_name, size) type_and_name NV_ALIGN_BYTES(size)
#endif
`,
  // One list, included for its names and for its values.
  [`${SDK}/nvstatuscodes.h`]: `
#ifdef NV_STATUS_CODE
NV_STATUS_CODE(NV_OK, 0x00000000)
NV_STATUS_CODE(NV_ERR_GENERIC, 0x0000FFFF)
NV_STATUS_CODE(NV_ERR_BUSY_RETRY, 0x00000003)
#endif
`,
  [`${SDK}/nvstatus.h`]: `
#ifndef NVSTATUS_H
#define NVSTATUS_H
#include "nvtypes.h"
typedef NvU32 NV_STATUS;
#define NV_STATUS_CODE(name, code) name = code,
enum {
#include "nvstatuscodes.h"
};
#undef NV_STATUS_CODE
#define NV_STATUS_CODE(name, code) extern const char text_of_##name[];
#include "nvstatuscodes.h"
#undef NV_STATUS_CODE
#endif
`,
};

/** Layouts and what describes them. */
const SHAPES: Tree = {
  [`${SDK}/shapes.h`]: `
#ifndef SHAPES_H
#define SHAPES_H
#include "nvtypes.h"
#define PLAIN_COUNT 3
enum { ENTRY_COUNT = 4 };
typedef enum _COLOUR { COLOUR_RED, COLOUR_BLUE = 5, COLOUR_ANY = -1 } COLOUR;

typedef struct DIMENSIONS {
    NvU8   literal[sizeof("GPU-0")];
    NvU16  enumerator[ENTRY_COUNT];
    NvU32  expression[(PLAIN_COUNT << 1) - 1][2];
    char   text[PLAIN_COUNT];
    COLOUR colours[2];
} DIMENSIONS;

typedef struct ALIGNED {
    NvU32 first;
    NV_DECLARE_ALIGNED(NvU32 second, 8);
    NvU16 third NV_ALIGN_BYTES(8);
} ALIGNED;

#pragma pack(push, 1)
typedef struct { NvU8 kind; NvU32 length; } PACKED;
#pragma pack(pop)

struct bits { NvU32 low : 2; NvU32 : 6; NvU32 high : 24; };

typedef struct {
    NvU32 count;
    union { NvU32 word; struct { NvU8 first, second; } halves; } entries[];
} FLEXIBLE;

typedef struct ZERO { NvU64 total; NvU16 rest[0]; } ZERO;

typedef struct NESTED {
    struct {
        NvU32 low;
        union { NvU16 half; NvU8 quarter; };
    } named;
    union { NvU64 whole; struct { NvU32 below, above; }; };
    struct { NvU8 last; };
    struct { NvU8 other; } *elsewhere;
} NESTED;

typedef volatile struct _device_map { NvU32 registers[8]; } DeviceMap, DeviceWindow;
typedef struct { NvU32 value; } Untagged, *UntaggedPointer;
typedef struct kept_elsewhere KEPT_ELSEWHERE;
typedef NvU32 MATRIX_ROW[2];

typedef struct POINTERS {
    NvP64        address;
    const NvU8  *bytes;
    const volatile struct bits *const bits;
    KEPT_ELSEWHERE *unknown;
    void       (*notify)(NvHandle, void *);
    MATRIX_ROW   matrix[3];
    uint64_t     wide;
    _Bool        truth;
    float        ratio;
} POINTERS;

typedef NvU32 BY_ITSELF(NvHandle handle);
typedef ALIGNED ALIGNED_AGAIN;
struct Untaken { NvU8 one; };
typedef NvU32 Untaken;
#endif
`,
};

/** Constants, and what only looks like one. */
const MACROS: Tree = {
  [`${SDK}/constants.h`]: `
#ifndef CONSTANTS_H
#define CONSTANTS_H
#include "shapes.h"
#define SMALL                 (0x10U)
#define ALL_ONES              0xFFFFFFFF
#define MINUS_ONE             (-1)
#define INVERTED              (~0x0F)
#define CAST                  ((NvU8)0x1FF)
#define EXACT                 9007199254740991ULL
#define BEYOND                9007199254740993ULL
#define TOP_BIT               (1ULL << 63)
#define LOWEST                (-9223372036854775807LL - 1)
#define SIZE                  (sizeof(DIMENSIONS) + sizeof("ab"))
#define OTHER_NAME            ENTRY_COUNT
#define LETTER                'N'
#define CHECKED               PORT_IS_CHECKED_BUILD
#define RANGE                 31:16
#define SINGLE_BIT            7:7
#define WORDS                 MW(95:64)
#define COMPUTED(index)       ((index) * 4)
#define COMPUTED_RANGE        (SMALL+3):SMALL
#define REDEFINED             1
#undef REDEFINED
#define REDEFINED             2
#define MOVED                 3
#define GONE                  4
#undef GONE
#define BECOMES_FUNCTION      5
#undef BECOMES_FUNCTION
#define BECOMES_FUNCTION(a)   (a)
#define WORD                  "text"
#define EMPTY
#define OPENS                 {
#define CLOSES                )
#define ENDS                  0 }; int injected; enum { NEVER_SEEN = 1
#define HALF_A_TEXT           '
#define ITSELF                ITSELF
#define UNDECLARED            nobody_declares_this
#define DECIMAL               1.5
#define OLD_COLOUR            COLOUR
#define OLDER_COLOUR          OLD_COLOUR
#endif
`,
  [`${SDK}/later.h`]: `
#include "constants.h"
#undef MOVED
#define MOVED 30
`,
};

const CONTROLS: Tree = {
  [`${SDK}/ctrl/ctrl2080.h`]: `
#ifndef CTRL2080_H
#define CTRL2080_H
#include "nvtypes.h"
#define NV2080_CTRL_CMD_NULL (0x20800000) /* finn: Evaluated from "(FINN_NV20_SUBDEVICE_0_RESERVED_INTERFACE_ID << 8) | 0x0" */

#define NV2080_CTRL_CMD_GPU_GET_INFO (0x20800101U) /* finn: Evaluated from "(FINN_NV20_SUBDEVICE_0_GPU_INTERFACE_ID << 8) | NV2080_CTRL_GPU_GET_INFO_PARAMS_MESSAGE_ID" */
#define NV2080_CTRL_GPU_GET_INFO_PARAMS_MESSAGE_ID (0x1U)
typedef struct NV2080_CTRL_GPU_GET_INFO_PARAMS { NvU32 size; NV_DECLARE_ALIGNED(NvP64 list, 8); } NV2080_CTRL_GPU_GET_INFO_PARAMS;
/* the old name of the same number */
#define NV2080_CTRL_CMD_GPU_INFO NV2080_CTRL_CMD_GPU_GET_INFO

/* takes a structure that is called otherwise */
#define NV2080_CTRL_CMD_GPU_SET_STATE (0x20800102) /* finn: Evaluated from "(FINN_NV20_SUBDEVICE_0_GPU_INTERFACE_ID << 8) | 0x2" */
typedef struct NV2080_CTRL_GPU_STATE_PARAMS { NvU32 state; } NV2080_CTRL_GPU_STATE_PARAMS;

/* takes it under a name of its own, which is a typedef */
#define NV2080_CTRL_CMD_GPU_GET_STATE (0x20800103) /* finn: Evaluated from "(FINN_NV20_SUBDEVICE_0_GPU_INTERFACE_ID << 8) | NV2080_CTRL_GPU_GET_STATE_PARAMS_MESSAGE_ID" */
#define NV2080_CTRL_GPU_GET_STATE_PARAMS_MESSAGE_ID (0x3U)
typedef NV2080_CTRL_GPU_STATE_PARAMS NV2080_CTRL_GPU_GET_STATE_PARAMS;

/* two sources disagree, and the brackets stand elsewhere */
#define NV2080_CTRL_CMD_GPU_SET_MODE (0x20800104) /* finn: Evaluated from "(FINN_NV20_SUBDEVICE_0_GPU_INTERFACE_ID << 8 | NV2080_CTRL_GPU_MODE_PARAMS_MESSAGE_ID)" */
#define NV2080_CTRL_GPU_MODE_PARAMS_MESSAGE_ID (0x4U)
typedef struct NV2080_CTRL_GPU_MODE_PARAMS { NvU8 mode; } NV2080_CTRL_GPU_MODE_PARAMS;
typedef struct NV2080_CTRL_GPU_SET_MODE_PARAMS { NvU16 mode; } NV2080_CTRL_GPU_SET_MODE_PARAMS;

/* takes nothing; served elsewhere */
#define NV2080_CTRL_CMD_GPU_RESET (0x20800105) /* finn: Evaluated from "(FINN_NV20_SUBDEVICE_0_GPU_INTERFACE_ID << 8) | 0x5" */
#define NV2080_CTRL_GPU_HALT (0x20800106) /* finn: Evaluated from "(FINN_NV20_SUBDEVICE_0_GPU_INTERFACE_ID << 8) | 0x6" */

/* no commands */
#define NV2080_CTRL_CMD_GPU_GET_INFO_MAX (16)
#define NV2080_CTRL_GPU_LIMIT (0x20800101)
#define NV2080_CTRL_CMD_GPU_ODD (0x101)
#endif
`,
  'src/nvidia/generated/g_subdevice_nvoc.c': `
static const struct NVOC_EXPORTED_METHOD_DEF methods[] = {
    {
        /*pFunc=*/      (void (*)(void)) getInfo,
        /*flags=*/      0x10118u,
        /*accessRight=*/0x2u,
        /*methodId=*/   0x20800101u,
        /*paramSize=*/  sizeof(NV2080_CTRL_GPU_GET_INFO_PARAMS),
    },
    {
        /*flags=*/      0x8u,
        /*accessRight=*/0x0u,
        /*methodId=*/   0x20800102u,
        /*paramSize=*/  sizeof(NV2080_CTRL_GPU_STATE_PARAMS),
    },
    {
        /*flags=*/      0x9u,
        /*accessRight=*/0x0u,
        /*methodId=*/   0x20800103u,
        /*paramSize=*/  sizeof(NV2080_CTRL_GPU_STATE_PARAMS),
    },
    {
        /*flags=*/      0x0u,
        /*accessRight=*/0x0u,
        /*methodId=*/   0x20800104u,
        /*paramSize=*/  sizeof(NV2080_CTRL_GPU_SET_MODE_PARAMS),
    },
    {
        /*flags=*/      0x48u,
        /*accessRight=*/0x0u,
        /*methodId=*/   0x20800105u,
        /*paramSize=*/  0 /* none */,
    },
    {
        /*flags=*/      0x1u,
        /*accessRight=*/0x0u,
        /*methodId=*/   0x101u,
        /*paramSize=*/  0,
    },
};
`,
};

const CLASSES: Tree = {
  [`${SDK}/class/cl0000.h`]: '#ifndef CL0000_H\n#define CL0000_H\n#define NV01_ROOT (0x0U)\n#define NV01_NULL_OBJECT (0x0U) /* finn: Evaluated from "NV0000_ALLOC_PARAMETERS_MESSAGE_ID" */\n#include "nvtypes.h"\n#define NV0000_ALLOC_PARAMETERS_MESSAGE_ID (0x0U)\ntypedef struct NV0000_ALLOC_PARAMETERS { NvHandle hClient; } NV0000_ALLOC_PARAMETERS;\n#endif\n',
  [`${SDK}/class/cl2080.h`]: '#ifndef CL2080_H\n#define CL2080_H\n#include "nvtypes.h"\n#define NV20_SUBDEVICE_0 (0x2080U)\ntypedef struct { NvU32 subDeviceId; } NV2080_ALLOC_PARAMETERS;\n#endif\n',
  [`${SDK}/class/clc370.h`]: '#ifndef CLC370_H\n#define CLC370_H\n#include "nvtypes.h"\n#define NVC370_DISPLAY (0xc370U) /* finn: Evaluated from "NVC370_ALLOCATION_PARAMETERS_MESSAGE_ID" */\n#define NVC370_ALLOCATION_PARAMETERS_MESSAGE_ID (0xc370U)\ntypedef struct NVC370_ALLOCATION_PARAMETERS { NvU32 numHeads; } NVC370_ALLOCATION_PARAMETERS;\n#define NVC370_OTHER 1\n#endif\n',
  [`${SDK}/class/clc5c0.h`]: '#define TURING_COMPUTE_A 0xC5C0\n',
  'src/nvidia/generated/g_allclasses.h': `
#if defined(SDK_ALL_CLASSES_INCLUDE_FULL_HEADER)
#include <class/cl0000.h>
#include <class/cl2080.h>
#else
#define NV01_ROOT                 (0x00000000)
#define NV20_SUBDEVICE_0          (0x00002080)
#define NV01_ALIAS_NOBODY_DEFINES (0x00000000) // alias
#endif
`,
  'src/nvidia/src/kernel/rmapi/resource_list.h': `
RS_ENTRY(
    /* External Class         */ NV01_ROOT,
    /* Internal Class         */ RmClientResource,
    /* Multi-Instance         */ NV_TRUE,
    /* Parents                */ RS_ROOT_OBJECT,
    /* Alloc Param Info       */ RS_OPTIONAL(NvHandle),
    /* Flags                  */ RS_FLAGS_NONE
)
RS_ENTRY(
    /* External Class         */ NV20_SUBDEVICE_0,
    /* Internal Class         */ Subdevice,
    /* Multi-Instance         */ NV_TRUE,
    /* Parents                */ RS_LIST(classId(Device), classId(RmClientResource)),
    /* Alloc Param Info       */ RS_REQUIRED(NV2080_ALLOC_PARAMETERS),
    /* Flags                  */ RS_FLAGS_NONE
)
RS_ENTRY(
    /* External Class         */ TURING_COMPUTE_A,
    /* Internal Class         */ KernelGraphicsObject,
    /* Multi-Instance         */ NV_TRUE,
    /* Parents                */ RS_ANY_PARENT,
    /* Alloc Param Info       */ RS_NONE,
    /* Flags                  */ RS_FLAGS_NONE
)
`,
};

const MESSAGES: Tree = {
  // Prototypes at first, numbers when it is included by itself.
  'src/nvidia/inc/kernel/vgpu/rpc_global_enums.h': `
#ifndef FUNCTION
#define FUNCTION(name, value) NV_VGPU_MSG_FUNCTION_##name = value,
#define FUNCTIONS_AS_NUMBERS
enum {
#endif
FUNCTION(NOP, 0)
FUNCTION(ALLOC_MEMORY, 4)
FUNCTION(SET_REGISTRY, 73)
#ifdef FUNCTIONS_AS_NUMBERS
};
enum { NV_VGPU_MSG_EVENT_FIRST_EVENT = 0x1000, NV_VGPU_MSG_EVENT_POST_EVENT };
#endif
#undef FUNCTION
`,
  'src/nvidia/inc/kernel/vgpu/rpc.h': '#define FUNCTION(name, value) void handle_##name(void);\n#include "vgpu/rpc_global_enums.h"\n',
  'src/nvidia/generated/g_rpc-structures.h': `
#ifdef RPC_STRUCTURES
#include "nvtypes.h"
typedef struct { NvU32 length; } rpc_alloc_memory_v03_00;
typedef struct { NvU32 length; NvU64 address; } rpc_alloc_memory_v13_01;
typedef rpc_alloc_memory_v13_01 rpc_alloc_memory_v;
typedef struct { NvHandle hEvent; } rpc_post_event_v17_00;
typedef rpc_post_event_v17_00 rpc_post_event_v;
#endif
`,
};

const IOCTLS: Tree = {
  'src/nvidia/arch/nvalloc/unix/include/nv_escape.h': `
#define NV_ESC_RM_FREE        0x29
#define NV_ESC_RM_CONTROL     0x2A
#define NV_ESC_RM_ALLOC       0x2B
#define NV_ESC_RM_CONFIG_GET  0x32
`,
  'src/nvidia/arch/nvalloc/unix/include/nv-ioctl-numbers.h': '#define NV_IOCTL_BASE 200\n#define NV_ESC_CARD_INFO (NV_IOCTL_BASE + 0)\n#define NV_ESC_IOCTL_XFER_CMD (NV_IOCTL_BASE + 11)\n',
  'src/nvidia/arch/nvalloc/unix/include/nv-ioctl.h': `
#include "nvtypes.h"
typedef struct { NvHandle hRoot; } FREE_PARAMETERS;
typedef struct { NvU32 cmd; } CONTROL_PARAMETERS;
typedef struct { NvU32 hClass; } ALLOC_PARAMETERS;
typedef struct { NvBool valid; } nv_ioctl_card_info_t;
typedef struct { NvU32 cmd; NvU32 size; } nv_ioctl_xfer_t;
`,
  'src/nvidia/arch/nvalloc/unix/src/escape.c': `
    switch (cmd)
    {
        case NV_ESC_RM_FREE:
        {
            FREE_PARAMETERS *pApi = data;
            break;
        }
        case NV_ESC_RM_CONTROL:
        {
            nv_state_t *pNv;
            CONTROL_PARAMETERS *pApi;

            if (dataSize != sizeof(*pApi))
                goto done;
            pApi = data;
            break;
        }
        case NV_ESC_RM_ALLOC:
        {
            if (dataSize != sizeof(ALLOC_PARAMETERS))
                goto done;
            break;
        }
    }
`,
  'kernel-open/nvidia/nv.c': `
    if (arg_cmd == NV_ESC_IOCTL_XFER_CMD)
    {
        if (arg_size != sizeof(nv_ioctl_xfer_t))
            goto done;
    }
    switch (arg_cmd)
    {
        case NV_ESC_CARD_INFO:
        {
            size_t count = arg_size / sizeof(nv_ioctl_card_info_t);
            break;
        }
    }
`,
  'kernel-open/nvidia-uvm/uvm_ioctl.h': '#include "nvtypes.h"\n#define UVM_FREE 34\n#define UVM_FLAGS_ALL 7\ntypedef struct { NvU64 base NV_ALIGN_BYTES(8); } UVM_FREE_PARAMS;\n',
};

/** Headers that are no ABI, with the little that is picked of them and much that is not. */
const INTERNALS: Tree = {
  'src/nvidia/inc/os/os.h': `
#ifndef OS_H
#define OS_H
#include "nvtypes.h"
#define REGISTRY_TABLE_ENTRY_TYPE_DWORD 1
#define OS_SECRET 99
typedef struct PACKED_REGISTRY_ENTRY { NvU32 nameOffset; NvU8 type; NvU32 data; NvU32 length; } PACKED_REGISTRY_ENTRY;
typedef struct PACKED_REGISTRY_TABLE { NvU32 size; NvU32 numEntries; PACKED_REGISTRY_ENTRY entries[0]; } PACKED_REGISTRY_TABLE;
typedef struct OS_STATE { NvU32 hidden; } OS_STATE;
typedef struct BUSINFO { NvU16 deviceID; } BUSINFO;
#endif
`,
  'src/nvidia/inc/kernel/gpu/gsp/kernel_gsp.h': '#ifndef KERNEL_GSP_H\n#define KERNEL_GSP_H\nenum { LOGIDX_INIT, LOGIDX_RM, LOGIDX_SIZE };\nenum { UNPICKED };\n#endif\n',
  'src/nvidia/inc/kernel/gpu/gsp/gsp_static_config.h': '#include "os/os.h"\ntypedef struct GspSystemInfo { BUSINFO bus[2]; OS_STATE *state; } GspSystemInfo;\n',
};

/** The whole tree. */
export const TREE: Tree = { ...BUILD, ...BASICS, ...SHAPES, ...MACROS, ...CONTROLS, ...CLASSES, ...MESSAGES, ...IOCTLS, ...INTERNALS };

/** Writes a tree into `folder`; of paths in `changes` the text given there, or no file for null. */
export function writeTree(folder: string, changes: Readonly<Record<string, string | null>> = {}): void {
  for (const [path, text] of Object.entries<string | null>({ ...TREE, ...changes })) {
    if (text === null) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
