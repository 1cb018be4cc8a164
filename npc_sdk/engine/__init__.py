"""The engine: continues prompts with any causal language model of transformers. Only this package imports torch."""
