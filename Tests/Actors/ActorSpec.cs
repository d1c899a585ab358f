using Akka.Actor;
using Akka.Configuration;
using Akka.TestKit;
using Mooring.Actors;
using Mooring.Actors.Files;
using Mooring.Actors.Serialization;
using Mooring.Messages;
using Mooring.Storage;
using Mooring.Tests.Actors.Fakes;

namespace Mooring.Tests.Actors;

/// <summary>A test kit with Mooring's serializer, a journal that the test holds in its hand, and a node's services made of fakes.</summary>
public abstract class ActorSpec : Akka.TestKit.Xunit2.TestKit
{
    /// <summary>The most that anything may take that takes milliseconds when all is well.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    protected static readonly NodeName Node = new("node-1");

    private const string Defaults = """
        akka {
          loglevel = WARNING
          stdout-loglevel = OFF
          test.single-expect-default = 15s
          persistence {
            journal {
              plugin = "akka.persistence.journal.test"
              test { class = "Mooring.Tests.Actors.Fakes.TestJournal, Mooring.Tests.Actors", plugin-dispatcher = "akka.actor.default-dispatcher" }
            }
            snapshot-store.plugin = "akka.persistence.snapshot-store.local"
          }
        }
        """;

    private const string OneNode = """
        akka {
          actor.provider = cluster
          remote {
            dot-netty.tcp { hostname = "127.0.0.1", port = 0 }
            log-remote-lifecycle-events = off
          }
          cluster { log-info = off, allow-weakly-up-members = off, leader-actions-interval = 100ms, gossip-interval = 100ms }
          coordinated-shutdown { run-by-clr-shutdown-hook = off, exit-clr = off }
        }
        """;

    private readonly TemporaryDirectory _snapshots;

    protected ActorSpec(bool clustered = false)
        : this(new TemporaryDirectory("snapshots"), clustered)
    {
    }

    private ActorSpec(TemporaryDirectory snapshots, bool clustered)
        : base(ConfigurationFactory.ParseString($"akka.persistence.snapshot-store.local.dir = \"{snapshots.Path.Replace('\\', '/')}\"")
            .WithFallback(ConfigurationFactory.ParseString((clustered ? OneNode + "\n" : "") + Defaults))
            .WithFallback(ConfigurationFactory.ParseString(MooringSerializer.Hocon)))
    {
        _snapshots = snapshots;
        VipEvents = CreateTestProbe("vip-events");
        Address = new FakeVirtualAddress(VipEvents);
        Journal = JournalControl.Of(Sys);
        Services = new MooringServices
        {
            Settings = Settings,
            Store = Store,
            VirtualAddress = Address,
            LeaseKeeper = LeaseKeeper,
            ConnectData = (address, _) => throw new IOException($"there is nobody at {address}"),
            Incarnation = "here",
            Clock = Clock,
            CrashPoints = CrashPoints,
        };
    }

    /// <summary>The owner's look at the store's names.</summary>
    protected IBlockStore Catalog => new FakeStore(Store, "catalog");

    /// <summary>Bounds and periods for a test: what is waited for comes soon, what must not happen would happen soon.</summary>
    protected internal static MooringSettings Settings { get; } = new()
    {
        Node = Node,
        HttpAddress = "127.0.0.1:1",
        WorkerCount = 1,
        StandInMax = 0,
        WorkerSlowAfter = TimeSpan.FromMilliseconds(10),
        WorkerQueueMax = 10,
        ReaderSlots = 1,
        ProgressInterval = TimeSpan.FromMilliseconds(1),
        RetryBackoffMin = TimeSpan.FromMilliseconds(5),
        RetryBackoffMax = TimeSpan.FromMilliseconds(50),
        RefusedMax = TimeSpan.FromMinutes(5),
        FenceDuration = TimeSpan.FromHours(1),
        SourceWaitMax = TimeSpan.FromSeconds(30),
        VolumeQueueMax = 10,
        VolumeResultsMax = 10,
        HoldGrace = TimeSpan.FromMilliseconds(200),
        VolumeSnapshotEvery = 1000,
        ShardCount = 10,
        OpenOperationsMax = 10,
        ResultRetention = TimeSpan.FromHours(1),
        ResultCountMax = 1000,
        ResultsInMemoryMax = 100,
        ResendInterval = TimeSpan.FromMilliseconds(100),
        RecordInterval = TimeSpan.FromMilliseconds(5),
        AnnouncedMax = TimeSpan.FromMinutes(1),
        ContentWaitMax = TimeSpan.FromMinutes(1),
        ContentCountMax = 8,
        WaiterCountMax = 10,
        OperationsSnapshotEvery = 1000,
        LeaseName = "vip",
        LeaseDuration = TimeSpan.FromMilliseconds(1500),
        LeaseRenewInterval = TimeSpan.FromMilliseconds(20),
        LeaseMargin = TimeSpan.FromMilliseconds(100),
        LeaseRetryInterval = TimeSpan.FromMilliseconds(20),
        HealthPeriod = TimeSpan.FromMilliseconds(20),
        DispatcherTimeout = TimeSpan.FromMilliseconds(200),
        ProbeTimeout = TimeSpan.FromSeconds(1),
        LinkDownMax = TimeSpan.FromMilliseconds(200),
        PartMissingMax = TimeSpan.FromMinutes(1),
        SilentSeedMax = TimeSpan.FromMilliseconds(500),
        TransitionMax = TimeSpan.FromMinutes(1),
        Files = new FileSettings
        {
            Address = "127.0.0.1:2",
            SelfTestInterval = TimeSpan.FromMilliseconds(20),
            SelfTestTimeout = TimeSpan.FromSeconds(5),
            ReportInterval = TimeSpan.FromMilliseconds(100),
            CheckTimeout = TimeSpan.FromMilliseconds(200),
            AccessWaitMax = TimeSpan.FromSeconds(30),
            AccessWaiterCountMax = 10,
            TokenLifetime = TimeSpan.FromMinutes(10),
            TokenKeyLifetime = TimeSpan.FromDays(30),
            PushTimeout = TimeSpan.FromMilliseconds(300),
            ReaderLagMax = TimeSpan.FromMilliseconds(100),
            IdleTimeout = TimeSpan.FromSeconds(30),
            ConnectionCountMax = 10,
            RepeatedRequestCountMax = 100,
            WriteChunkBytes = 1 << 20,
            AreaSlots = 2,
            ShardCount = 3,
            SnapshotEvery = 1000,
        },
    };

    protected MooringServices Services { get; set; }

    protected JournalControl Journal { get; }

    protected FakeStoreProvider Store { get; } = new();

    protected FakeVirtualAddress Address { get; }

    protected FakeLeaseKeeper LeaseKeeper { get; } = new();

    protected ManualClock Clock { get; } = new();

    protected RecordingCrashPoints CrashPoints { get; } = new();

    /// <summary>Hears of everything that is done with the virtual address.</summary>
    protected TestProbe VipEvents { get; }

    protected static OperationId Id(string request) => OperationId.For(new RequestId(request));

    /// <summary>Stops an actor and waits for its end.</summary>
    protected void StopAndWait(IActorRef actor)
    {
        var watcher = CreateTestProbe();
        watcher.Watch(actor);
        Sys.Stop(actor);
        watcher.ExpectTerminated(actor);
    }

    /// <summary>Ends an actor while the store keeps it waiting for the answer to a call. What it gets after that must be closed.</summary>
    protected void EndDuring(string call, Func<IActorRef> start)
    {
        var (called, answered) = (new TaskCompletionSource(), new TaskCompletionSource());
        var before = Store.Before;
        Store.Before = async (name, store) =>
        {
            await before(name, store);
            if (name != call)
                return;
            called.TrySetResult();
            await answered.Task;
        };
        var actor = start();
        Eventually(() => Assert.True(called.Task.IsCompleted));
        StopAndWait(actor);
        answered.SetResult();
        Eventually(() => Assert.NotEmpty(Store.Connections));
        Eventually(() => Assert.All(Store.Connections, connection => Assert.True(connection.Disposed)));
    }

    /// <summary>Waits until something has come true.</summary>
    protected void Eventually(Action assertion) => AwaitAssert(assertion, Limit, TimeSpan.FromMilliseconds(10));

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _snapshots.Dispose();
    }
}
