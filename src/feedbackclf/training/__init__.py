"""What only retraining needs: reading corpora, fitting, measuring, publishing. Needs the extra `train`."""
