"""Parts that several reference models are drawn with, each as exporters write it out."""
