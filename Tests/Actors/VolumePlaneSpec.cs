using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors;
using Mooring.Actors.Nodes;
using Mooring.Actors.Vip;
using Mooring.Actors.Requests;
using Mooring.Actors.Volumes;
using Mooring.Messages;
using Mooring.Operations;
using Mooring.Storage;
using Mooring.Storage.Embedded;

namespace Mooring.Tests.Actors;

/// <summary>
/// The actors together, on the embedded store: the book of requests, volumes, the dispatcher and its workers. Only the sharding is
/// replaced, by an actor that makes volumes as they are spoken to.
/// </summary>
public sealed class VolumePlaneSpec : ActorSpec
{
    private static readonly VolumeId Source = VolumeId.Parse("rbd/source");
    private static readonly VolumeId Target = VolumeId.Parse("rbd/target");

    private readonly TemporaryDirectory _data = new("store");
    private readonly TestProbe _client;
    private readonly IActorRef _dispatcher;
    private readonly IActorRef _book;
    private readonly IActorRef _region;

    public VolumePlaneSpec()
        : base(clustered: true)
    {
        _client = CreateTestProbe("client");
        Services = Services with
        {
            Store = new EmbeddedStoreProvider(new EmbeddedStoreOptions { Directory = _data.Path }),
            Settings = Settings with { WorkerCount = 2, HoldGrace = TimeSpan.FromSeconds(3), LinkDownMax = TimeSpan.FromMinutes(1) },
        };
        _dispatcher = Sys.ActorOf(DispatcherActor.Props(Services, new OwnerStandby(Services)), DispatcherActor.Name);
        var (services, dispatcher) = (Services, _dispatcher);
        _region = Sys.ActorOf(Props.Create(() => new Region(services, dispatcher)), "region");
        _book = Sys.ActorOf(PendingOperationsActor.Props(Services, new Epoch(1), _region, Catalog), PendingOperationsActor.Name);
    }

    [Fact]
    public async Task A_volume_is_made_resized_copied_and_deleted()
    {
        Assert.Equal(1 << 20, Done("create", new CreateVolume(Source, 1 << 20)).Result!.SizeBytes);
        Assert.Equal(2 << 20, Done("resize", new ResizeVolume(Source, 2 << 20, false)).Result!.SizeBytes);
        Assert.Equal(2 << 20, Done("copy", new CopyVolume(Target, Source)).Result!.SizeBytes);
        Assert.Equal(OperationState.Succeeded, Done("delete", new DeleteVolume(Source)).State);

        Assert.Equal(["target"], await ImagesAsync());
    }

    [Fact]
    public async Task A_copy_whose_worker_is_lost_half_way_is_made_once_and_leaves_nothing_behind()
    {
        Done("create", new CreateVolume(Source, 8 << 20));
        var losses = 1;
        CrashPoints.At = point =>
        {
            if (point == CrashPoint.BeforeCommit && losses-- > 0)
                throw new BlockStoreException(ErrorKind.TimedOut, "the link is gone");
        };
        var copied = Done("copy", new CopyVolume(Target, Source));

        Assert.Equal((OperationState.Succeeded, 2), (copied.State, copied.Attempts));
        await SettledAsync("copy");
        Assert.Equal(["source", "target"], await ImagesAsync());
    }

    [Fact]
    public async Task A_copy_that_took_effect_before_its_worker_was_lost_is_found_to_be_done()
    {
        Done("create", new CreateVolume(Source, 1 << 20));
        var losses = 1;
        CrashPoints.At = point =>
        {
            if (point == CrashPoint.AfterEffect && losses-- > 0)
                throw new BlockStoreException(ErrorKind.TimedOut, "the link is gone");
        };
        var copied = Done("copy", new CopyVolume(Target, Source));

        Assert.Equal((OperationState.Succeeded, 2), (copied.State, copied.Attempts));
        await SettledAsync("copy");
        Assert.Equal(["source", "target"], await ImagesAsync());
    }

    [Fact]
    public void A_source_cannot_be_deleted_while_it_is_copied_and_can_be_afterwards()
    {
        Done("create", new CreateVolume(Source, 1 << 20));
        using var halfWay = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        CrashPoints.At = point =>
        {
            if (point != CrashPoint.BeforeCommit)
                return;
            halfWay.Set();
            goOn.Wait(Limit);
        };
        Submit("copy", new CopyVolume(Target, Source));
        Assert.True(halfWay.Wait(Limit));
        Assert.Equal(ErrorKind.Busy, Done("delete", new DeleteVolume(Source)).Error!.Kind);
        goOn.Set();
        Assert.Equal(OperationState.Succeeded, Awaited("copy").State);

        // The source is released after the result; until then a change waits.
        Assert.Equal(OperationState.Succeeded, Done("delete-again", new DeleteVolume(Source)).State);
    }

    [Fact]
    public async Task Volumes_that_die_with_work_in_doubt_end_it_once_when_they_are_spoken_to_again()
    {
        using var made = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        CrashPoints.At = point =>
        {
            if (point != CrashPoint.AfterEffect || made.IsSet)
                return;
            made.Set();
            goOn.Wait(Limit);
        };
        Submit("create", new CreateVolume(Source, 1 << 20));
        Assert.True(made.Wait(Limit));
        var watcher = CreateTestProbe();
        _region.Tell(new KillAll(), watcher.Ref);
        watcher.ExpectMsg<KillAll>();
        var created = Awaited("create");
        goOn.Set();

        Assert.Equal((OperationState.Succeeded, 2), (created.State, created.Attempts));
        Assert.Equal(["source"], await ImagesAsync());
    }

    protected override void AfterAll()
    {
        // The workers' connections close before their directory goes.
        StopAndWait(_dispatcher);
        base.AfterAll();
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _data.Dispose();
    }

    private void Submit(string request, VolumeCommand command)
    {
        _client.Send(_book, new SubmitOperation(new RequestId(request), command, Deliver: false));
        _client.ExpectMsg<OperationAccepted>();
    }

    private OperationView Awaited(string request)
    {
        _client.Send(_book, new AwaitOperation(Id(request), Limit, Node));
        var operation = _client.ExpectMsg<OperationFound>().Operation;
        Assert.True(operation.Ended, $"{request} is {operation.State} after {Limit}");
        return operation;
    }

    private OperationView Done(string request, VolumeCommand command)
    {
        Submit(request, command);
        return Awaited(request);
    }

    private Task SettledAsync(string request) => AwaitAssertAsync(
        () => Assert.Contains(Journal.Events(PendingOperationsActor.Name), e => e is RequestFinished { Settled: true } f && f.Operation == Id(request)), Limit);

    private async Task<IReadOnlyList<string>> ImagesAsync()
    {
        await using var store = await Services.Store.ConnectAsync("test", 1, CancellationToken.None);
        return await store.ListAsync("rbd", "", null, 100, CancellationToken.None);
    }

    private sealed record KillAll;

    private sealed class Region : ReceiveActor
    {
        public Region(MooringServices services, IActorRef dispatcher)
        {
            (IActorRef Asker, int Count) ending = (ActorRefs.Nobody, 0);
            Receive<IWithVolumeId>(message =>
            {
                var name = Uri.EscapeDataString(message.Volume.ToString());
                var volume = Context.Child(name);
                if (volume.IsNobody())
                    volume = Context.ActorOf(VolumeActor.Props(message.Volume, services, dispatcher, Self), name);
                volume.Forward(message);
            });
            Receive<KillAll>(_ =>
            {
                var volumes = Context.GetChildren().ToList();
                ending = (Sender, volumes.Count);
                foreach (var volume in volumes)
                    Context.Stop(Context.Watch(volume));
            });
            Receive<Terminated>(_ =>
            {
                ending.Count--;
                if (ending.Count == 0)
                    ending.Asker.Tell(new KillAll());
            });
        }
    }
}
