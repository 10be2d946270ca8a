"""What a model holds of memory: processes looked at from outside, between the stages of its life."""
