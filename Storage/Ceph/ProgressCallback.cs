using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph;

/// <summary>
/// What librbd calls while it works: reports the share that is done a few times a second, and ends the operation by
/// returning an error when that is wanted.
/// </summary>
internal sealed class ProgressCallback(IProgress<double>? progress, Func<bool> isCancelled) : IDisposable
{
    private const long ReportEveryMs = 250;
    private readonly object _lock = new();
    private GCHandle _self;
    private long _reportedAt = long.MinValue;
    private double _reported = -1;

    /// <summary>The state to hand to librbd with <see cref="Function"/>.</summary>
    public nint State
    {
        get
        {
            if (!_self.IsAllocated)
                _self = GCHandle.Alloc(this);
            return GCHandle.ToIntPtr(_self);
        }
    }

    /// <summary>The librbd_progress_fn_t.</summary>
    public static unsafe delegate* unmanaged<ulong, ulong, nint, int> Function => &OnProgress;

    /// <summary>Whether the operation is to end.</summary>
    public bool IsCancelled => isCancelled();

    /// <summary>Reports the share that is done, if it is more and the last report some time ago.</summary>
    public void Report(double share)
    {
        if (progress is not null)
            ReportShare(share);
    }

    /// <summary>Reports the end, which librbd may have left out.</summary>
    public void Finish()
    {
        if (_reported < 1)
            progress?.Report(1);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_self.IsAllocated)
            _self.Free();
    }

    [UnmanagedCallersOnly]
    private static int OnProgress(ulong done, ulong total, nint state)
    {
        var self = (ProgressCallback)GCHandle.FromIntPtr(state).Target!;
        try
        {
            self.Report(total == 0 ? 1 : Math.Min(1, (double)done / total));
            return self.IsCancelled ? CephErrors.Cancelled : 0;
        }
        catch (Exception)
        {
            // Nothing may be thrown into librbd; a listener that fails ends the operation.
            return CephErrors.Cancelled;
        }
    }

    private void ReportShare(double share)
    {
        var now = Environment.TickCount64;
        lock (_lock)
        {
            // Several of librbd's threads report; a share never goes back.
            if (share <= _reported || (share < 1 && _reportedAt != long.MinValue && now - _reportedAt < ReportEveryMs))
                return;
            _reported = share;
            _reportedAt = now;
        }
        progress!.Report(share);
    }
}
