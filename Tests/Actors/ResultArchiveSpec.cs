using Akka.Actor;
using Akka.Actor.Dsl;
using Akka.TestKit;
using Mooring.Actors.Requests;
using Mooring.Messages;
using Mooring.Operations;

namespace Mooring.Tests.Actors;

/// <summary>Results that the owner's memory has no room for: they are given all the same, until their time is over.</summary>
public sealed class ResultArchiveSpec : ActorSpec
{
    private const int RecentMax = 2;

    private static readonly NodeName Other = new("node-2");

    private readonly TestProbe _client;
    private readonly IActorRef _region;
    private int _epoch;
    private IActorRef _book = ActorRefs.Nobody;

    public ResultArchiveSpec()
    {
        _client = CreateTestProbe("client");
        // Carries out everything at once; each result is another.
        _region = Sys.ActorOf(region =>
        {
            region.Receive<ExecuteOperation>((execute, context) => context.Sender.Tell(Ended(execute)));
            region.ReceiveAny((_, _) => { });
        });
        Use(RecentMax);
    }

    private IReadOnlyList<object> Events => Journal.Events(PendingOperationsActor.Name);

    [Fact]
    public void A_request_is_honoured_when_its_result_lies_in_the_archive()
    {
        Run(0, 8);

        for (var i = 0; i < 8; i++)
        {
            Assert.Equal(Result(i), Submit(Create(i)).Result?.Id);
            Assert.Equal(Result(i), Await(i).Result?.Id);
        }
        _client.Send(_book, new SubmitOperation(new RequestId("r0"), new DeleteVolume(Volume(0)), Deliver: false));
        Assert.Equal(ErrorKind.RequestConflict, _client.ExpectMsg<OperationFailed>().Error.Kind);
        Assert.Equal(8, Events.OfType<RequestAccepted>().Count());
    }

    [Fact]
    public void The_next_owner_honours_it_too()
    {
        Run(0, 8);
        StopAndWait(_book);
        Start();
        Run(8, 12);

        for (var i = 0; i < 12; i++)
            Assert.Equal(Result(i), Submit(Create(i)).Result?.Id);
        Assert.Equal(12, Events.OfType<RequestAccepted>().Count());
    }

    [Fact]
    public void It_is_honoured_through_snapshots()
    {
        Services = Services with { Settings = Services.Settings with { OperationsSnapshotEvery = 3 } };
        StopAndWait(_book);
        Start();
        Run(0, 20);
        StopAndWait(_book);
        Start();

        for (var i = 0; i < 20; i++)
            Assert.Equal(Result(i), Await(i).Result?.Id);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(1000)]
    public void The_listing_goes_through_memory_and_archive(int limit)
    {
        Run(0, 30);
        var listed = new List<OperationView>();
        for (OperationId? before = null; ;)
        {
            _client.Send(_book, new GetOperations(null, null, before, limit));
            var page = _client.ExpectMsg<OperationsListed>();
            Assert.InRange(page.Items.Count, 0, limit);
            listed.AddRange(page.Items);
            if ((before = page.Next) is null)
                break;
        }

        Assert.Equal(Enumerable.Range(0, 30).Reverse().Select(i => $"r{i}"), listed.Select(o => o.RequestId.Value));
    }

    [Fact]
    public void A_page_that_finds_nothing_does_not_read_the_whole_archive()
    {
        Run(0, 30);
        var (pages, found) = (0, new List<OperationView>());
        for (OperationId? before = null; ;)
        {
            _client.Send(_book, new GetOperations(null, Volume(0), before, 10));
            var page = _client.ExpectMsg<OperationsListed>();
            pages++;
            found.AddRange(page.Items);
            if ((before = page.Next) is null)
                break;
        }

        Assert.Equal(["r0"], found.Select(o => o.RequestId.Value));
        Assert.Equal(2, pages);
    }

    [Fact]
    public void Its_time_over_the_result_is_forgotten_and_its_part_is_gone()
    {
        Services = Services with { Settings = Services.Settings with { ResendInterval = TimeSpan.FromMilliseconds(20) } };
        StopAndWait(_book);
        Start();
        Run(0, 8);
        Clock.Advance(TimeSpan.FromHours(2));

        Eventually(() => Assert.Contains(Events, e => e is ResultsDropped));
        Eventually(() =>
        {
            _client.Send(_book, new GetOperation(Id(0)));
            Assert.Equal(ErrorKind.NotFound, _client.ExpectMsg<QueryFailed>().Error.Kind);
        });
    }

    [Fact]
    public async Task While_results_can_be_kept_nowhere_nothing_new_begins()
    {
        var entry = Journal.HoldNext<ResultsArchived>();
        // At once: what comes behind the entry in the journal is not taken before it.
        for (var i = 0; i < 4; i++)
            _client.Send(_book, Create(i));
        Assert.All(_client.ReceiveN(4), answer => Assert.IsType<OperationAccepted>(answer));
        await entry.Arrived;
        Eventually(() =>
        {
            _client.Send(_book, Create(9));
            Assert.Equal(ErrorKind.Overloaded, _client.ExpectMsg<OperationFailed>().Error.Kind);
        });
        entry.LetGo();

        Eventually(() =>
        {
            _client.Send(_book, Create(9));
            _client.ExpectMsg<OperationAccepted>();
        });
    }

    [Fact]
    public void Results_are_honoured_after_200_000_others()
    {
        const int Count = 200_000, Sample = 1000, AtOnce = 200;
        Services = Services with { Settings = Services.Settings with { OpenOperationsMax = 10_000, ResultCountMax = 1_000_000 } };
        Use(recentMax: 5000);
        for (var i = 0; i < Count; i += AtOnce)
        {
            for (var j = i; j < i + AtOnce; j++)
                _client.Send(_book, Create(j));
            _client.ReceiveN(AtOnce);
        }
        Eventually(() => Assert.InRange(Events.OfType<ResultsArchived>().Sum(e => e.Operations.Count), Count - 5500, Count));
        StopAndWait(_book);
        Start();

        for (var i = 0; i < Count; i += Count / Sample)
            Assert.Equal(Result(i), Submit(Create(i)).Result?.Id);
        Assert.Equal(Count, Events.OfType<RequestAccepted>().Count());
    }

    private void Use(int recentMax)
    {
        if (!_book.IsNobody())
            StopAndWait(_book);
        Services = Services with { Settings = Services.Settings with { ResendInterval = TimeSpan.FromMinutes(1), ResultsInMemoryMax = recentMax } };
        Start();
    }

    private void Start() => _book = Sys.ActorOf(PendingOperationsActor.Props(Services, new Epoch(++_epoch), _region, Catalog));

    // One after the other, the archive close behind.
    private void Run(int from, int to)
    {
        for (var i = from; i < to; i++)
        {
            Submit(Create(i));
            Await(i);
            Eventually(() => Assert.Equal(Math.Max(0, i + 1 - RecentMax), Events.OfType<ResultsArchived>().Sum(e => e.Operations.Count)));
        }
    }

    private OperationView Submit(SubmitOperation request)
    {
        _client.Send(_book, request);
        return _client.ExpectMsg<OperationAccepted>().Operation;
    }

    private OperationView Await(int i)
    {
        _client.Send(_book, new AwaitOperation(Id(i), Limit, Other));
        return _client.ExpectMsg<OperationFound>(Limit).Operation;
    }

    private OperationEnded Ended(ExecuteOperation execute)
    {
        var now = Clock.GetUtcNow();
        var volume = new VolumeInfo(execute.Command.Volume, "id-" + execute.Command.Volume.Image, 10, 4 << 20, [], now, null, new Dictionary<string, string>());
        return new OperationEnded(execute.Operation, new OperationOutcome(volume, null, 1, now, now, Node), Settled: true);
    }

    private static string Result(int i) => $"id-v{i}";

    private static OperationId Id(int i) => OperationId.For(new RequestId($"r{i}"));

    private static VolumeId Volume(int i) => VolumeId.Parse($"rbd/v{i}");

    private static SubmitOperation Create(int i) => new(new RequestId($"r{i}"), new CreateVolume(Volume(i), 10), Deliver: false);
}
