"""What onnxruntime-web's WebGPU programs are for: the types of nodes that launch them, by names of programs.

Read off onnxruntime 1.30's `core/providers/webgpu` and `contrib_ops/webgpu`. Most programs have the name of
their operator. One that stands nowhere here is nobody's, and its dispatches stay without a node.
"""

from collections.abc import Iterable, Mapping

from gapprof.stats.alignment import Fit, Maker

_CONV = ("Conv", "FusedConv", "NhwcFusedConv")
_PRODUCT = ("MatMul", "FusedMatMul")
_GEMM = ("Gemm", "FusedGemm")
_BITS = ("MatMulNBits", "MatMulNBitsMlp", "MatMulNBitsQkv")
_ATTENTION = ("Attention", "MultiHeadAttention", "GroupQueryAttention", "PagedAttention")
_NORM = ("LayerNormalization", "SimplifiedLayerNormalization", "RMSNormalization")
_SKIP_NORM = ("SkipLayerNormalization", "SkipSimplifiedLayerNormalization")
_POOL = ("AveragePool", "MaxPool", "GlobalAveragePool", "GlobalMaxPool")
_RESIZE = ("Resize", "Upsample")
_REDUCE = tuple(
    f"Reduce{name}"
    for name in ("Max", "Min", "Mean", "Sum", "Prod", "L1", "L2", "LogSum", "SumSquare", "LogSumExp")
)
_MAIN: Mapping[str, tuple[str, ...]] = {
    "MatMul": (*_PRODUCT, *_CONV, *_GEMM),
    "MatMulNaive": (*_PRODUCT, *_CONV),
    "MatMulSubgroup": (*_PRODUCT, *_CONV),
    "MatMulTiledSubgroup": (*_PRODUCT, *_CONV),
    "SubgroupMatrixMatMul": (*_PRODUCT, *_CONV, *_GEMM),
    "Gemm": _GEMM,
    "GemmNaive": _GEMM,
    "GemmSubgroup": _GEMM,
    "SubgroupMatrixGemm": _GEMM,
    "Conv2dMM": _CONV,
    "Conv3DNaive": _CONV,
    "GroupedConv": _CONV,
    "Im2ColMatMul": _CONV,
    "ConvTranspose2D": ("ConvTranspose",),
    "LayerNorm": _NORM,
    "SkipLayerNorm": _SKIP_NORM,
    "InstanceNorm": ("InstanceNormalization",),
    "InstanceNormNHWC": ("InstanceNormalization",),
    "LpNorm": ("LpNormalization",),
    "OIHW2OHWI": ("Transpose",),
    "Pool": _POOL,
    "ResizeNearest2D": _RESIZE,
    "ResizeBilinear": _RESIZE,
    "ResizeTrilinear": _RESIZE,
    "ResizeBiCubic": _RESIZE,
    "AttentionProbs": _ATTENTION,
    "InPlaceSoftmax": _ATTENTION,
    "VxAttentionScore": _ATTENTION,
    "FlashAttention": _ATTENTION,
    "FlashAttentionDecodeQKT": _ATTENTION,
    "FlashAttentionDecodeQKV": _ATTENTION,
    "FlashAttentionDecodeSplitVx": _ATTENTION,
    "FlashAttentionDecodeVxReduce": _ATTENTION,
    "MatMulNBits": _BITS,
    "MatMulNBitsWideTile": _BITS,
    "MatMulNBitsMlpDecode": _BITS,
    "MatMulNBitsQkvDecode": _BITS,
    "DP4AMatMulNBits": _BITS,
    "DP4AMatMulNBitsSmallMProgram": _BITS,
    "SubgroupMatrixMatMulNBits": _BITS,
    "FusedQKRotaryEmbedding": ("RotaryEmbedding",),
    "TopKInit": ("TopK",),
    "TopKSortStep": ("TopK",),
    "TopKOutput": ("TopK",),
    "LstmCell": ("LSTM",),
    "LstmStateCopy": ("LSTM",),
    "LstmWriteY": ("LSTM",),
    "GruGate": ("GRU",),
    "GruHidden": ("GRU",),
    "GruStateCopy": ("GRU",),
}
"""Program → types of nodes that are there for it, beside the type of its own name."""
_BEFORE: Mapping[str, tuple[str, ...]] = {
    "Transpose": (*_CONV, "ConvTranspose", *_REDUCE, "ArgMax", "ArgMin"),
    "OIHW2OHWI": _CONV,
    "MatMul_Fill_Bias_Or_Zero_Before_Split_K": (*_PRODUCT, *_CONV, *_GEMM),
    "SubgroupMatrixMatMulLayout": (*_PRODUCT, *_CONV, *_GEMM, *_BITS),
    "SubgroupMatrixMatMulPadB": (*_PRODUCT, *_CONV, *_GEMM),
    "ComputeChannelScaleShift": ("InstanceNormalization",),
    "DP4AMatMulQuantize": _BITS,
}
"""Program → types of nodes that launch it to prepare their main one."""
_BESIDE: Mapping[str, tuple[str, ...]] = {
    "Transpose": ("Softmax", "LogSoftmax", "InstanceNormalization", "TopK", *_ATTENTION),
    "TransferBSDToBNSH": _ATTENTION,
    "SplitPackedQKV": _ATTENTION,
    "SplitPackedQKVWithRotaryEmbeddingAndCopyKV": _ATTENTION,
    "CopyKVCache": _ATTENTION,
    "FusedQKRotaryEmbedding": _ATTENTION,
    "RotaryEmbedding": _ATTENTION,
    "MatMul": _ATTENTION,
    "SkipLayerNorm": _BITS,
}
"""Program → types of nodes that launch it before their main one or after it."""
_OFTEN = frozenset({*_ATTENTION, *_BITS, "Concat", "LSTM", "GRU", "TopK", "Max", "Min", "Sum", "Mean"})
"""Types whose nodes launch a main program as often as their inputs, steps or parts want it."""
_SILENT = frozenset(
    {
        *("Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Dropout", "Shape", "Size"),
        *("Constant", "ConstantOfShape", "If", "Loop", "Scan"),
    }
)
"""Types whose nodes may launch nothing: they give a tensor another name or shape, or let others work."""


def fit(program: str, op_type: str) -> Fit:
    """What a program is to a node of that type."""
    if program.lower() == op_type.lower() or op_type in _MAIN.get(program, ()):
        return "main"
    if op_type in _BEFORE.get(program, ()):
        return "before"
    return "beside" if op_type in _BESIDE.get(program, ()) else "none"


def maker(op_type: str, programs: Iterable[str]) -> Maker:
    """A type of nodes, by the programs that a run launches."""
    return Maker(
        fits=tuple(fit(program, op_type) for program in programs),
        once=op_type not in _OFTEN,
        silent=op_type in _SILENT,
    )


def may_launch_nothing(op_type: str) -> bool:
    """Whether a node of that type is done without a dispatch, by design."""
    return op_type in _SILENT
