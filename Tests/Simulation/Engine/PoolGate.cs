namespace Akka.Simulation;

/// <summary>
/// Keeps the one worker of the thread pool still while the world works, and the world still while that worker does what was handed to
/// it: continuations of tasks and the like, in the order in which they came.
/// </summary>
internal sealed class PoolGate
{
    private static PoolGate? s_gate;

    private readonly object _lock = new();
    private bool _goes = true;

    private PoolGate()
    {
        ThreadPool.GetMaxThreads(out var workers, out _);
        if (workers != 1)
            throw new InvalidOperationException("a simulation needs a thread pool of one worker: call Determinism.Ensure first");
        ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Stand(), this, preferLocal: false);
        WaitUntilIdle();
    }

    /// <summary>The gate of this process of the operating system; closed from now on.</summary>
    public static PoolGate Enter()
    {
        if (s_gate is { } gate)
        {
            gate.Drain();
            return gate;
        }
        return s_gate = new PoolGate();
    }

    /// <summary>Lets the worker do all that it was handed.</summary>
    /// <returns>Whether there was anything.</returns>
    public bool Drain()
    {
        if (ThreadPool.PendingWorkItemCount == 0)
            return false;
        lock (_lock)
        {
            _goes = true;
            Monitor.PulseAll(_lock);
        }
        WaitUntilIdle();
        return true;
    }

    private void WaitUntilIdle()
    {
        lock (_lock)
        {
            while (_goes)
                Monitor.Wait(_lock);
        }
    }

    private void Stand()
    {
        if (ThreadPool.PendingWorkItemCount == 0)
        {
            lock (_lock)
            {
                _goes = false;
                Monitor.PulseAll(_lock);
                while (!_goes)
                    Monitor.Wait(_lock);
            }
        }
        // Behind everything that waits now.
        ThreadPool.UnsafeQueueUserWorkItem(static gate => gate.Stand(), this, preferLocal: false);
    }
}
