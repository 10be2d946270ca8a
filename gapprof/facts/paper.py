"""What Wang et al. found: "Anatomizing Deep Learning Inference in Web Browsers", TOSEM 34(2), 2025.

Figures from the paper and its artefact (one PC for single models); its defects are known: threads and
repetitions are not the same on both sides (see the tables' own notes), so they stand beside ours to be
compared in kind, not in size.
"""

from collections.abc import Mapping
from dataclasses import dataclass

CLASSES: Mapping[str, str] = {
    "mobilenetv2": "MobileNetV2",
    "bert-small": "Small BERT",
    "ssd-mobilenetv2": "SSD-MobileNetV2",
    "mobilebert": "MobileBERT",
    "yolov5n": "YOLOv5",
    "resnet50": "ResNet50",
    "efficientdet-d0": "EfficientDet",
    "vgg16": "VGG16",
    "super-resolution": "ESRGAN",
}
"""Zoo name → its class there."""
MEAN_GAP = 16.9
"""Prediction on CPUs of 50 PCs, TF.js and onnxruntime-web together."""
ONNX_GAPS = (2.1, 36.4)
"""onnxruntime-web with Wasm against onnxruntime, the least and the most of all models."""
COMPONENTS_SLOWER = 1.672
"""Render time of GUI components during inference (+67.2 %)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Square:
    """onnxruntime-web with Wasm on one PC, prediction in ms; T: 4 threads, S: SIMD."""

    bare: float
    threads: float
    simd: float
    both: float


SQUARES: Mapping[str, Square] = {
    "MobileNetV2": Square(bare=148.6, threads=122.4, simd=106.5, both=105.5),
    "ResNet50": Square(bare=1275.3, threads=395.7, simd=358.1, both=172.3),
    "SSD-MobileNetV2": Square(bare=287.4, threads=123.9, simd=126.1, both=84.4),
}
"""Class → its four corners (artefact)."""
MEMORY_TIMES: Mapping[str, float] = {"MobileNetV2": 7.2, "ResNet50": 3.0, "ESRGAN": 334.6}
"""Peak of `performance.memory.totalJSHeapSize` over the model's size: the most of all in the paper's words,
the others from the artefact."""
TOP_KERNEL_SHARES: Mapping[str, tuple[float, float]] = {
    "bare": (0.95, 0.97),
    "threads": (0.75, 0.80),
    "simd": (0.90, 0.92),
    "both": (0.75, 0.80),
}
"""The largest kernel's share of all kernels' time, the least and the most that its plots show (artefact)."""
TOP_KERNELS = ("FusedConv2D", "GatherV2", "FusedDepthwiseConv2D", "Slice", "FusedMatMul")
"""TF.js with Wasm, over all models, the largest first (artefact)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperStages:
    """ms on one PC."""

    setup: float
    warmup: float
    prediction: float


RESNET50_NATIVE = PaperStages(setup=488.0, warmup=25.4, prediction=23.4)
RESNET50_WEB = PaperStages(setup=1219.3, warmup=306.9, prediction=172.3)
"""With SIMD and 4 threads (artefact)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperGap:
    """onnxruntime-web with SIMD against onnxruntime with every core, predictions."""

    one_thread: float
    threads: float
    """4 of them in the browser."""


GAPS: Mapping[str, PaperGap] = {
    "ResNet50": PaperGap(
        one_thread=SQUARES["ResNet50"].simd / RESNET50_NATIVE.prediction,
        threads=RESNET50_WEB.prediction / RESNET50_NATIVE.prediction,
    )
}
"""Class → its gap (artefact)."""
