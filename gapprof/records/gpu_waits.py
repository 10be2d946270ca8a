"""What threads of a page wait for in the GPU's process, by the names of the browser's trace events. Raw."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

GpuWait = Literal["reading pixels back from the GPU", "waiting for the GPU"]
GPU_WAITS: Mapping[str, GpuWait] = MappingProxyType(
    {
        "GLES2::ReadPixels": "reading pixels back from the GPU",
        "RasterImplementation::ReadbackImagePixels": "reading pixels back from the GPU",
        "GLES2::Finish": "waiting for the GPU",
        "ImplementationBase::WaitForCmd": "waiting for the GPU",
        "CommandBufferHelper::Finish": "waiting for the GPU",
        "CommandBufferProxyImpl::WaitForGetOffset": "waiting for the GPU",
        "CommandBufferProxyImpl::WaitForToken": "waiting for the GPU",
    }
)
"""As Chromium 156 calls them; one lies in the other, and the outermost says what for."""
