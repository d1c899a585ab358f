using Akka.Actor;
using Mooring.Actors.Vip;
using Mooring.Messages;

namespace Mooring.Tests.Actors.Fakes;

/// <summary>A virtual address that tells a probe what is done with it.</summary>
public sealed class FakeVirtualAddress(IActorRef tell) : IVirtualAddress
{
    /// <summary>Called when the address is to be put on; what it throws, the caller gets.</summary>
    public Func<Epoch, Task> Acquiring { get; set; } = _ => Task.CompletedTask;

    public string Endpoint => "127.0.0.100:1";

    public async Task AcquireAsync(Epoch epoch, CancellationToken cancellationToken)
    {
        await Acquiring(epoch);
        tell.Tell(new PutOn(epoch), ActorRefs.NoSender);
    }

    public void Release() => tell.Tell(new TakenOff(), ActorRefs.NoSender);

    public sealed record PutOn(Epoch Epoch);

    public sealed record TakenOff;
}

/// <summary>A watchdog that barks when the test says so.</summary>
public sealed class FakeWatchdog : ILeaseWatchdog
{
    public event Action<Epoch>? Expired;

    public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Until when the lease is held; null when nothing is watched.</summary>
    public TimeSpan? Until { get; private set; }

    public void Arm(Epoch epoch, TimeSpan until) => Until = until;

    public void Disarm() => Until = null;

    public void Bark(Epoch epoch) => Expired?.Invoke(epoch);
}
