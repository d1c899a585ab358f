using Akka.Simulation;
using Mooring.Messages;
using Mooring.Storage;

namespace Mooring.Tests.Simulation.Store;

/// <summary>
/// The one block store of a simulation: its images, leases, fences and journal, and how calls reach it through the network. Each call
/// takes effect at one moment, whatever its caller hears of that.
/// </summary>
public sealed class SimulatedCeph(SimulationWorld world)
{
    /// <summary>Its host in the network.</summary>
    public const string Host = "ceph";

    // rados_osd_op_timeout; shorter than in production, so that more happens in less time.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    // A dead client's watch lives on for so long.
    private static readonly TimeSpan WatchTimeout = TimeSpan.FromSeconds(30);

    private readonly Random _chance = world.Stream("ceph");
    private long _connections;
    private long _images;

    public SimulationWorld World { get; } = world;

    public StoreFaults Faults { get; } = new();

    public StoreFaults JournalFaults { get; } = new();

    public SortedDictionary<string, SimulatedImage> Images { get; } = new(StringComparer.Ordinal);

    public HashSet<FenceAddress> Fenced { get; } = [];

    public Dictionary<string, StoredRecord> Records { get; } = [];

    /// <summary>Whether somebody is always faster who changes a record.</summary>
    public bool RecordsAreFixed { get; set; }

    public SimulatedLeases Leases { get; } = new(world);

    public SimulatedJournal Journal { get; } = new();

    /// <summary>Counts the faults that were injected, by kind.</summary>
    public Action<string> Injected { get; set; } = _ => { };

    /// <summary>Told of everything that becomes visible.</summary>
    public Action<StoreEffect> Effected { get; set; } = _ => { };

    /// <summary>Work that takes space.</summary>
    public Func<T> Taking<T>(StoreFaults faults, Func<T> work) => () =>
    {
        if (!faults.Full)
            return work();
        Injected("store.Full");
        throw new BlockStoreException(ErrorKind.NoSpace, "no space is left", 28);
    };

    public FenceAddress NewAddress(string host) => Address(host, ++_connections);

    /// <summary>Shuts out every connection that a host has made so far.</summary>
    public void FenceAllOf(string host)
    {
        for (var i = 1; i <= _connections; i++)
            Fenced.Add(Address(host, i));
    }

    public ImageId NewImageId() => new($"img-{++_images}");

    public SimulatedImage? Find(VolumeId volume) => Images.GetValueOrDefault(volume.ToString());

    public bool IsWatched(SimulatedImage image, SimulatedBlockStore by) =>
        image.WatchedBy is { } watcher && watcher != by && !Fenced.Contains(watcher.Address)
        && (watcher.DiedAt is not { } died || World.Now < died + WatchTimeout);

    /// <summary>A call of a process: through the network, carried out at once there, and back.</summary>
    public Task<T> Call<T>(
        SimulatedProcess caller, StoreFaults faults, string name, double milliseconds, Func<T> work, CancellationToken cancellationToken, TimeSpan? timeout = null)
    {
        if (cancellationToken.IsCancellationRequested)
            return Task.FromCanceled<T>(cancellationToken);
        var result = new TaskCompletionSource<T>();
        if (caller.IsDead)
            return result.Task;
        World.Schedule(
            caller,
            timeout ?? CallTimeout,
            $"{name} times out",
            () => result.TrySetException(new BlockStoreException(ErrorKind.TimedOut, $"{name}: no answer")),
            () => result.Task.IsCompleted);
        World.Network.Send(caller.Host, Host, null, name, () => Serve(caller, faults, name, milliseconds, work, result));
        return result.Task;
    }

    private static FenceAddress Address(string host, long connection) => new($"{host}:0/{connection}");

    private void Serve<T>(SimulatedProcess caller, StoreFaults faults, string name, double milliseconds, Func<T> work, TaskCompletionSource<T> result)
    {
        // The last packets of a process that is gone may have been on their way.
        if (caller.IsDead && _chance.Next(2) == 0)
            return;
        var fault = faults.Draw(_chance);
        if (fault != CallFault.None)
            Injected($"store.{fault}");
        var service = TimeSpan.FromMilliseconds(milliseconds * (0.5 + _chance.NextDouble()));
        if (fault == CallFault.Slow)
            service += TimeSpan.FromSeconds(_chance.NextDouble());
        if (fault == CallFault.Late)
            service += CallTimeout + TimeSpan.FromSeconds(_chance.NextDouble() * 6);
        World.Schedule(null, service, $"serves {name} of {caller.Name}", () =>
        {
            if (fault == CallFault.Error)
            {
                Reply(() => result.TrySetException(new BlockStoreException(ErrorKind.Unavailable, $"{name}: simulated failure", 5)));
                return;
            }
            T value;
            try
            {
                if (fault == CallFault.PutOff && _chance.Next(4) > 0)
                    throw new BlockStoreException(ErrorKind.Overloaded, $"{name}: later", 11);
                value = work();
                if (fault == CallFault.PutOff)
                    throw new BlockStoreException(ErrorKind.Internal, $"{name}: an input or output error", 5);
            }
            catch (BlockStoreException e)
            {
                Reply(() => result.TrySetException(e));
                return;
            }
            if (fault != CallFault.Silent)
                Reply(() => result.TrySetResult(value));
        });

        void Reply(Action arrive) => World.Network.Send(Host, caller.Host, caller, $"answer of {name}", arrive);
    }
}
