namespace Mooring.Operations;

/// <summary>Passes progress on, and the crash point in the middle when that is reached.</summary>
/// <param name="context">The attempt.</param>
internal sealed class CrashingProgress(AttemptContext context) : IProgress<double>
{
    private const double Middle = 0.4;

    private bool _passed;

    public void Report(double value)
    {
        context.Progress.Report(value);
        if (value < Middle || _passed)
            return;
        _passed = true;
        context.Pass(CrashPoint.InTheMiddle);
    }
}
