using System.Runtime.InteropServices;

namespace Mooring.Storage.Ceph.Native;

/// <summary>Turns an rbd_completion_t into a task, as <see cref="AioCompletion"/> does for RADOS.</summary>
internal sealed class RbdCompletion : IDisposable
{
    private readonly TaskCompletionSource<int> _result = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly GCHandle _self;
    private readonly nint _completion;

    private unsafe RbdCompletion()
    {
        _self = GCHandle.Alloc(this);
        var r = Rbd.CreateCompletion(GCHandle.ToIntPtr(_self), &Completed, out _completion);
        if (r < 0)
        {
            _self.Free();
            throw CephErrors.Failure(r, "make an RBD completion");
        }
    }

    /// <summary>Reads into a buffer that stays where it is.</summary>
    /// <returns>The number of bytes or a negative errno.</returns>
    public static async Task<int> ReadAsync(ImageHandle image, ulong offset, int length, nint buffer)
    {
        using var completion = new RbdCompletion();
        return await completion.SubmittedAsync(Rbd.BeginRead(image, offset, (nuint)length, buffer, completion._completion)).ConfigureAwait(false);
    }

    /// <summary>Writes from a buffer that stays where it is.</summary>
    /// <returns>At least 0, or a negative errno.</returns>
    public static async Task<int> WriteAsync(ImageHandle image, ulong offset, int length, nint buffer)
    {
        using var completion = new RbdCompletion();
        return await completion.SubmittedAsync(Rbd.BeginWrite(image, offset, (nuint)length, buffer, completion._completion)).ConfigureAwait(false);
    }

    public void Dispose()
    {
        Rbd.ReleaseCompletion(_completion);
        _self.Free();
    }

    private Task<int> SubmittedAsync(int submitted)
    {
        if (submitted < 0)
            _result.TrySetResult(submitted);
        return _result.Task;
    }

    [UnmanagedCallersOnly]
    private static void Completed(nint completion, nint state)
    {
        var self = (RbdCompletion)GCHandle.FromIntPtr(state).Target!;
        self._result.TrySetResult((int)Rbd.GetReturnValue(completion));
    }
}
