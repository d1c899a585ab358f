using System.Collections.Concurrent;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors.Fakes;

/// <summary>Notes the crash points that are passed, in order.</summary>
public sealed class RecordingCrashPoints : ICrashPoints
{
    public ConcurrentQueue<CrashPoint> Passed { get; } = new();

    /// <summary>Called at each point on the thread that passes it; what it throws, the work throws.</summary>
    public Action<CrashPoint> At { get; set; } = _ => { };

    public void Pass(CrashPoint point, OperationId operation, string kind)
    {
        Passed.Enqueue(point);
        At(point);
    }
}
