using Akka.Simulation;
using Mooring.Actors.Vip;
using Mooring.Messages;
using Mooring.Tests.Simulation.Runs;

namespace Mooring.Tests.Simulation.Vip;

/// <summary>One node's hold on the virtual IP.</summary>
public sealed class SimulatedVirtualAddress(SimulatedLan lan, SimulatedProcess process, NodeName node, Random chance, Mutation mutation) : IVirtualAddress
{
    private long _acquisition;

    public string Endpoint => "192.0.2.1:8470";

    // The probe for another holder takes some tens of milliseconds.
    public Task AcquireAsync(Epoch epoch, bool isFirst, Func<Task> isFree, CancellationToken cancellationToken)
    {
        Release();
        var acquisition = _acquisition;
        var done = new TaskCompletionSource();
        process.World.Schedule(process, TimeSpan.FromMilliseconds(chance.Next(10, 60)), "virtual IP is probed", () =>
        {
            if (mutation == Mutation.PredecessorNotWaitedFor)
                PutOn(isFree: true);
            else
                isFree().ContinueWith(free => PutOn(free.IsCompletedSuccessfully), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        });
        return done.Task;

        void PutOn(bool isFree)
        {
            if (!isFree || acquisition != _acquisition)
            {
                done.SetException(new VirtualAddressTakenException("it was released while it was put on"));
                return;
            }
            lan.PutOn(this, process, node, epoch);
            done.SetResult();
        }
    }

    public void Release()
    {
        _acquisition++;
        if (!process.IsDead)
            lan.TakeOff(this);
    }
}
