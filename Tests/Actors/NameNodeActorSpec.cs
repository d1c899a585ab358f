using Akka.Actor;
using Akka.TestKit;
using Mooring.Actors.Files;
using Mooring.Messages;
using Mooring.Messages.Wire;
using Mooring.Storage;

namespace Mooring.Tests.Actors;

/// <summary>One name node between clients and data nodes, which are probes; the block store is in memory.</summary>
public sealed class NameNodeActorSpec : ActorSpec
{
    private static readonly FileSystemName Name = new("fs");
    private static readonly AreaId Area = new(Name, 0);
    private static readonly byte[] Key = new byte[AccessToken.KeyBytes];

    private readonly TestProbe _client;
    private readonly TestProbe _dataNode;
    private readonly SharedStore _files;
    private readonly ServedAreas _areas = new(TimeProvider.System) { Keys = TokenKeys.Of(Key) };

    public NameNodeActorSpec()
    {
        (_client, _dataNode) = (CreateTestProbe("client"), CreateTestProbe("data-node-probe"));
        // The name node runs on n1, which is therefore not its first choice for a writer.
        Services = Services with { Settings = Settings with { Node = new NodeName("n1") } };
        _files = new SharedStore(Store, "files", 1);
        // All data nodes are this system's /user/data-node, which hands everything to the probe.
        var probe = _dataNode.Ref;
        Sys.ActorOf(Props.Create(() => new Forwarder(probe)), DataNodeActor.Name);
    }

    private IReadOnlyList<object> Events => Journal.Events($"name-node-{Name}");

    [Fact]
    public void A_file_system_that_is_made_gets_a_set_and_a_writer_and_grants_access()
    {
        var node = Made();
        Access(node, write: true);
        var grant = Admit(node, "n2", 1);

        Assert.Equal(["n2", "n1", "n3"], grant.Members.Select(m => m.Node.Value));
        Assert.Equal(new NodeName("n2"), grant.Writer);
        var token = AccessToken.Verify(grant.WriteToken!, Key)!;
        Assert.Equal((AccessRight.Write, new NodeName("n2"), new Epoch(1), "/"), (token.Right, token.Node, token.Epoch, token.Path));
        Assert.Equal(["n1", "n2", "n3"], grant.ReadTokens.Keys.Select(k => k.Value).Order());
        Assert.All(grant.ReadTokens, t => Assert.Equal((AccessRight.Read, t.Key), (AccessToken.Verify(t.Value, Key)!.Right, AccessToken.Verify(t.Value, Key)!.Node)));
    }

    [Fact]
    public async Task A_writer_is_not_admitted_before_its_predecessor_is_shut_out_and_the_epoch_stands()
    {
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);
        var fencing = new TaskCompletionSource();
        Store.Before = (call, _) => call == "fence" ? fencing.Task : Task.CompletedTask;

        Lose(node, "n2");
        Eventually(() => Assert.Equal(2, Right().Epoch.Value));
        Ready(node, "n3", AreaRole.Reader, 2);
        Access(node, write: true);
        Assert.DoesNotContain(Events, e => e is WriterAdmitted { Epoch.Value: 2 });
        Assert.False(_client.HasMessages);
        fencing.SetResult();
        Eventually(() => Assert.Contains(Events, e => e is WriterAdmitted { Epoch.Value: 2 }));
        Ready(node, "n1", AreaRole.Reader, 2);
        Ready(node, "n3", AreaRole.Writer, 2);

        var grant = _client.ExpectMsg<AccessGranted>();
        Assert.Equal(["n3", "n1"], grant.Members.Select(m => m.Node.Value));
        Assert.Equal(new Epoch(2), grant.Epoch);
        Assert.True(Store.Fenced.ContainsKey(new FenceAddress("c-n2")));
        await fencing.Task;
    }

    [Fact]
    public void A_clients_complaint_about_a_node_that_answers_moves_nothing()
    {
        Services = Services with { Settings = Services.Settings with { Files = Settings.Files with { CheckTimeout = TimeSpan.FromMinutes(1) } } };
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);

        Access(node, write: true, new AccessFailure(new NodeName("n2"), new Epoch(1), "it was silent"));
        _dataNode.FishForMessage<CheckArea>(_ => true);
        Assert.False(_client.HasMessages);
        Ready(node, "n2", AreaRole.Writer, 1);

        Assert.Equal(new Epoch(1), _client.ExpectMsg<AccessGranted>().Epoch);
    }

    [Fact]
    public void A_clients_complaint_about_a_node_that_does_not_answer_replaces_it()
    {
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);

        Access(node, write: true, new AccessFailure(new NodeName("n2"), new Epoch(1), "it was silent"));
        Eventually(() => Assert.Contains(Events, e => e is WriterAdmitted { Epoch.Value: 2 }));
        Ready(node, "n3", AreaRole.Writer, 2);
        Ready(node, "n1", AreaRole.Reader, 2);

        Assert.Equal(new NodeName("n3"), _client.ExpectMsg<AccessGranted>().Writer);
        Assert.Contains("it was silent", Events.OfType<WriterAppointed>().Last().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_that_died_while_a_complaint_about_it_was_looked_into_reads_again_when_it_is_back()
    {
        Services = Services with { Settings = Services.Settings with { Files = Settings.Files with { CheckTimeout = TimeSpan.FromSeconds(1), ReaderLagMax = TimeSpan.FromMilliseconds(100) } } };
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);
        Access(node, write: true, new AccessFailure(new NodeName("n2"), new Epoch(1), "it was silent"));
        _dataNode.FishForMessage<CheckArea>(_ => true);
        Lose(node, "n2");
        Eventually(() => Assert.Contains(Events, e => e is WriterAdmitted { Epoch.Value: 2 }));
        Ready(node, "n3", AreaRole.Writer, 2);
        Ready(node, "n1", AreaRole.Reader, 2);
        // Answered when the complaint has been looked into.
        Assert.Equal(new NodeName("n3"), _client.ExpectMsg<AccessGranted>().Writer);

        Inform(node, "n1", "n2", "n3");

        Eventually(() => Assert.Equal(2, Events.Count(e => e is ReaderAppointed { Reader.Value: "n2" })));
    }

    [Fact]
    public void A_nodes_own_self_test_replaces_it()
    {
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);

        Tell(node, Report("n2", AreaRole.Writer, 1, ready: false) with { Problem = "the block store does not answer" });

        Eventually(() => Assert.Contains(Events, e => e is WriterAdmitted { Epoch.Value: 2 }));
        Assert.Contains("the block store does not answer", Events.OfType<WriterAppointed>().Last().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_reader_that_its_writer_cannot_reach_is_replaced()
    {
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);

        Tell(node, Report("n2", AreaRole.Writer, 1, ready: true) with { LaggingReaders = [new NodeName("n3")] });

        Eventually(() => Assert.Contains(Events, e => e is ReaderDismissed { Reader.Value: "n3" }));
    }

    [Fact]
    public void It_goes_on_from_its_journal()
    {
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);
        StopAndWait(node);

        var again = Start();
        Inform(again, "n1", "n2", "n3");
        Ready(again, "n2", AreaRole.Writer, 1);
        Ready(again, "n1", AreaRole.Reader, 1);
        Ready(again, "n3", AreaRole.Reader, 1);
        Access(again, write: true);

        Assert.Equal((new Epoch(1), new NodeName("n2")), (_client.FishForMessage<AccessGranted>(_ => true).Epoch, new NodeName("n2")));
        Assert.Single(Events.OfType<WriterAppointed>());
    }

    [Fact]
    public void It_replaces_nobody_before_it_has_heard_which_nodes_there_are()
    {
        var node = Made();
        Access(node, write: true);
        Admit(node, "n2", 1);
        StopAndWait(node);

        var again = Start();
        Ready(again, "n3", AreaRole.Reader, 1);
        Access(again, write: true);
        Inform(again, "n1", "n2", "n3");
        Ready(again, "n2", AreaRole.Writer, 1);
        Ready(again, "n1", AreaRole.Reader, 1);

        Assert.Equal(new Epoch(1), _client.FishForMessage<AccessGranted>(_ => true).Epoch);
        Assert.DoesNotContain(Events, e => e is ReaderDismissed or WriterAppointed { Epoch.Value: > 1 });
    }

    [Fact]
    public void A_writer_that_was_appointed_and_not_admitted_when_the_name_node_died_is_admitted_by_the_next()
    {
        var node = Made();
        Store.Before = (call, _) => call == "put-record" ? throw new BlockStoreException(ErrorKind.Unavailable, "the link is gone") : Task.CompletedTask;
        foreach (var n in (string[])["n1", "n2", "n3"])
            Ready(node, n, AreaRole.Reader, 0);
        Eventually(() => Assert.Contains(Events, e => e is WriterAppointed));
        StopAndWait(node);
        Store.Before = (_, _) => Task.CompletedTask;

        var again = Start();
        Inform(again, "n1", "n2", "n3");

        Eventually(() => Assert.Contains(Events, e => e is WriterAdmitted));
        Assert.Equal((new Epoch(1), new NodeName("n2")), (Right().Epoch, Right().Writer));
    }

    [Fact]
    public void Who_asks_for_what_there_is_not_is_told_so()
    {
        var node = Start();
        Inform(node, "n1");
        node.Tell(new GetFileSystem(Name), _client);
        Assert.Equal(ErrorKind.NotFound, _client.ExpectMsg<QueryFailed>().Error.Kind);
        Access(node, write: true);
        Assert.Equal(ErrorKind.NotFound, _client.ExpectMsg<QueryFailed>().Error.Kind);
        node.Tell(new DeleteFileSystem(Name), _client);
        Assert.Equal(ErrorKind.NotFound, _client.ExpectMsg<QueryFailed>().Error.Kind);
        node.Tell(new CreateFileSystem(Name, new RequestId("r"), "rbd", 1L << 30, ["/"], 2), _client);
        Assert.Contains("there are 1", _client.ExpectMsg<QueryFailed>().Error.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_something_else_uses_is_not_taken()
    {
        Store.Add(Area.Image("rbd"), 1);
        var node = Start();
        Inform(node, "n1");
        node.Tell(new CreateFileSystem(Name, new RequestId("r"), "rbd", 1L << 30, ["/"], 0), _client);

        Assert.Equal(ErrorKind.AlreadyExists, _client.ExpectMsg<QueryFailed>().Error.Kind);
        Assert.Empty(Events);
    }

    [Fact]
    public void What_a_node_reports_of_an_earlier_file_system_of_that_name_counts_for_nothing()
    {
        var writer = new WriterAppointed(0, new Epoch(1), new NodeName("n2"), new FenceAddress("c-n2"), "first writer", Clock.GetUtcNow());
        var node = Made(Planned(), new FileSystemMade(Clock.GetUtcNow()), writer, new FileSystemRemovalBegun(Clock.GetUtcNow()), new FileSystemRemoved(Clock.GetUtcNow()));

        foreach (var n in (string[])["n1", "n2", "n3"])
            Ready(node, n, AreaRole.Reader, 1);
        _dataNode.FishForMessage<AssignArea>(assign => assign is { BaseEpoch.Value: 2, Role: AreaRole.Reader });
        foreach (var n in (string[])["n1", "n2", "n3"])
            node.Tell(Report(n, AreaRole.Reader, 2, ready: true) with { BaseEpoch = new Epoch(2), Connection = new FenceAddress("new-" + n) }, _dataNode);

        Eventually(() => Assert.Equal((3L, "new-n2"), Events.OfType<WriterAppointed>().Skip(1).Select(w => (w.Epoch.Value, w.Connection.Value)).Single()));
    }

    [Fact]
    public void More_who_wait_than_are_allowed_are_refused()
    {
        var node = Made();
        for (var i = 0; i < Settings.Files.AccessWaiterCountMax; i++)
            Access(node, write: true);
        Access(node, write: true);

        Assert.Equal(ErrorKind.Overloaded, _client.ExpectMsg<QueryFailed>().Error.Kind);
    }

    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        _ = _files.DisposeAsync().AsTask();
    }

    private static AreaReport Report(string node, AreaRole role, long epoch, bool ready) => new(
        Name, Area, new NodeName(node), "incarnation-" + node, default, new Epoch(epoch), role, ready, new FenceAddress("c-" + node), null, 0, 0, []);

    private IActorRef Start()
    {
        var services = Services;
        var context = new NameNodeContext(_dataNode, _areas, _files);
        var node = Sys.ActorOf(Props.Create(() => new NameNodeActor(Name, services, context)));
        _dataNode.FishForMessage<SubscribeDataNodes>(_ => true);
        return node;
    }

    // The images stand already: what makes them has specs of its own.
    private IActorRef Made(params INameNodeEvent[] before)
    {
        var written = Sys.ActorOf(Props.Create(() => new Writer($"name-node-{Name}")));
        foreach (var happened in before)
        {
            written.Tell(happened, _client);
            _client.ExpectMsg("written");
        }
        written.Tell(Planned(), _client);
        _client.ExpectMsg("written");
        written.Tell(new FileSystemMade(Clock.GetUtcNow()), _client);
        _client.ExpectMsg("written");
        StopAndWait(written);
        var node = Start();
        Inform(node, "n1", "n2", "n3");
        Eventually(() => Assert.Equal(3, Events.OfType<ReaderAppointed>().Count()));
        return node;
    }

    private FileSystemPlanned Planned() => new(Name, new RequestId("r"), "rbd", 1L << 30, [new PlannedArea(0, "/", Area.Image("rbd"))], 2, Clock.GetUtcNow());

    private void Inform(IActorRef node, params string[] up) => node.Tell(new DataNodesChanged([.. up.Select(n => View(n, null))]), _dataNode);

    private void Lose(IActorRef node, string lost) => node.Tell(
        new DataNodesChanged([.. ((string[])["n1", "n2", "n3"]).Select(n => View(n, n == lost ? "the cluster cannot reach it" : null))]), _dataNode);

    private DataNodeView View(string node, string? failure) => new(
        new NodeName(node), "incarnation-" + node, $"10.0.0.{node[1]}:8471", failure, ((ExtendedActorSystem)Sys).Provider.DefaultAddress);

    private AccessGranted Admit(IActorRef node, string writer, long epoch)
    {
        foreach (var n in (string[])["n1", "n2", "n3"])
            Ready(node, n, AreaRole.Reader, epoch - 1);
        Eventually(() => Assert.Contains(Events, e => e is WriterAdmitted admitted && admitted.Epoch.Value == epoch));
        foreach (var n in (string[])["n1", "n2", "n3"])
        {
            if (n != writer)
                Ready(node, n, AreaRole.Reader, epoch);
        }
        Ready(node, writer, AreaRole.Writer, epoch);
        return _client.ExpectMsg<AccessGranted>();
    }

    private void Ready(IActorRef node, string name, AreaRole role, long epoch) => Tell(node, Report(name, role, epoch, ready: true));

    private void Tell(IActorRef node, AreaReport report) => node.Tell(report, _dataNode);

    private void Access(IActorRef node, bool write, AccessFailure? failed = null) => node.Tell(new RequestAccess(Name, "/", write, true, failed), _client);

    private AreaRight Right() => System.Text.Json.JsonSerializer.Deserialize(Store.Records["files/area/fs:0"].Value.Span, FileRecordsJson.Default.AreaRight)!;

    private sealed class Forwarder : ReceiveActor
    {
        public Forwarder(IActorRef target) => ReceiveAny(target.Forward);
    }

    private sealed class Writer : Akka.Persistence.ReceivePersistentActor
    {
        public Writer(string id)
        {
            PersistenceId = id;
            Command<INameNodeEvent>(happened => Persist(happened, _ => Sender.Tell("written")));
        }

        public override string PersistenceId { get; }
    }
}
