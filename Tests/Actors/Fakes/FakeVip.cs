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

    public string? Problem { get; set; }

    public async Task AcquireAsync(Epoch epoch, bool isFirst, Func<Task> isFree, CancellationToken cancellationToken)
    {
        await Acquiring(epoch);
        await isFree();
        tell.Tell(new PutOn(epoch), ActorRefs.NoSender);
    }

    public void Release() => tell.Tell(new TakenOff(), ActorRefs.NoSender);

    public sealed record PutOn(Epoch Epoch);

    public sealed record TakenOff;
}

/// <summary>A keeper that loses the lease when the test says so.</summary>
public sealed class FakeLeaseKeeper : ILeaseKeeper
{
    public event Action<LeaseLost>? Lost;

    public TimeSpan Now { get; set; } = TimeSpan.FromHours(1);

    /// <summary>What is kept; null when nothing is.</summary>
    public HeldLease? Kept { get; private set; }

    /// <summary>Whether it is renewed.</summary>
    public bool Renews { get; private set; }

    public void Keep(HeldLease lease) => (Kept, Renews) = (lease, true);

    public void LetRunOut() => Renews = false;

    public void Stop() => (Kept, Renews) = (null, false);

    public void Lose(long epoch, string reason = "lost") => Lost?.Invoke(new LeaseLost(new Epoch(epoch), reason));
}
