namespace Mooring.Operations;

/// <summary>Passes progress on, and the crash point in the middle when that is reached.</summary>
/// <param name="context">The attempt.</param>
/// <param name="middle">The share that counts as the middle.</param>
internal sealed class CrashingProgress(AttemptContext context, double middle = 0.4) : IProgress<double>
{
    /// <summary>As soon as anything is told.</summary>
    public const double Begun = 0;

    private bool _passed;

    public void Report(double value)
    {
        context.Progress.Report(value);
        if (value < middle || _passed)
            return;
        _passed = true;
        context.Pass(CrashPoint.InTheMiddle);
    }
}
