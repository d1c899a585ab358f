using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <summary>Turns a rados_completion_t into a task. librados calls back on a thread of its own, which only hands the result over.</summary>
internal sealed unsafe class AioCompletion : IDisposable
{
    private readonly TaskCompletionSource<int> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private GCHandle _self;
    private nint _completion;

    public AioCompletion()
    {
        _self = GCHandle.Alloc(this);
        var r = Rados.CreateCompletion(GCHandle.ToIntPtr(_self), &Completed, out _completion);
        if (r < 0)
        {
            _self.Free();
            throw CephErrors.Failure(r, "make a RADOS completion");
        }
    }

    /// <summary>The operation's return value.</summary>
    public Task<int> Task => _result.Task;

    /// <summary>The rados_completion_t.</summary>
    public nint Handle => _completion;

    /// <summary>The operation could not be submitted: nobody will call back.</summary>
    /// <param name="error">The negative errno.</param>
    public void NotSubmitted(int error) => _result.TrySetResult(error);

    /// <summary>Releases the completion; the operation has completed or was not submitted.</summary>
    public void Dispose()
    {
        if (_completion == 0)
            return;
        Rados.ReleaseCompletion(_completion);
        _completion = 0;
        _self.Free();
    }

    [UnmanagedCallersOnly]
    private static void Completed(nint completion, nint state)
    {
        var self = (AioCompletion)GCHandle.FromIntPtr(state).Target!;
        self._result.TrySetResult(Rados.GetReturnValue(completion));
    }
}
