"""The paper of a paid order: a PDF, and the proof that it is genuine."""
