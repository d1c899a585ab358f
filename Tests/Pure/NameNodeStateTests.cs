using Mooring.Actors.Files;
using Mooring.Messages;

namespace Mooring.Tests.Pure;

/// <summary>Who writes and who reads, as tables: whichever way a failure was noticed, the same decision follows.</summary>
public class NameNodeStateTests
{
    private static readonly DateTimeOffset Now = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly FileSystemName Name = new("fs");

    [Fact]
    public void The_first_set_has_all_its_members_before_it_has_a_writer()
    {
        var state = Made(readers: 2);
        state = Next(state, Seen(["n1", "n2", "n3"]), "ReaderAppointed n1");
        state = Next(state, Seen(["n1", "n2", "n3"]), "ReaderAppointed n2");
        state = Next(state, Seen(["n1", "n2", "n3"]), "ReaderAppointed n3");
        state = Next(state, Seen(["n1", "n2", "n3"], connected: ["n1", "n3"]), null);

        // Not the node that the name node runs on.
        state = Next(state, Seen(["n1", "n2", "n3"], connected: ["n1", "n2", "n3"]), "WriterAppointed n2 1");
        Assert.Equal(["n2", "n1", "n3"], state.Areas[0].Members.Select(m => m.Value));
        Assert.False(state.Areas[0].Admitted);
    }

    [Fact]
    public void A_writer_that_fails_is_followed_by_a_reader_and_shut_out_first()
    {
        var state = Next(Ready(), Seen(["n1", "n3"], failed: ["n2"], connected: ["n1", "n3"]), "WriterAppointed n3 2");

        Assert.Equal(["c-n2"], state.Areas[0].ToFence.Select(f => f.Value));
        Assert.Equal(["n3", "n1"], state.Areas[0].Members.Select(m => m.Value));
        Assert.False(state.Areas[0].Admitted);
        Assert.Empty(state.Apply(new WriterAdmitted(0, new Epoch(2), Now)).Areas[0].ToFence);
    }

    [Fact]
    public void An_admission_of_an_earlier_epoch_admits_nobody()
    {
        var state = Next(Ready(), Seen(["n1", "n3"], failed: ["n2"], connected: ["n1", "n3"]), "WriterAppointed n3 2");

        Assert.False(state.Apply(new WriterAdmitted(0, new Epoch(1), Now)).Areas[0].Admitted);
    }

    [Fact]
    public void Every_writer_that_was_not_seen_to_be_shut_out_stays_in_the_list()
    {
        var state = Next(Ready(), Seen(["n1", "n3"], failed: ["n2"], connected: ["n1", "n3"]), "WriterAppointed n3 2");
        state = Next(state, Seen(["n1"], failed: ["n2", "n3"], connected: ["n1"]), "WriterAppointed n1 3");

        Assert.Equal(["c-n2", "c-n3"], state.Areas[0].ToFence.Select(f => f.Value));
    }

    [Fact]
    public void A_writer_with_a_new_connection_gets_a_new_epoch_and_its_old_connection_is_shut_out()
    {
        var seen = Seen(["n1", "n2", "n3"], connected: ["n1", "n3"]) with
        {
            Connections = new Dictionary<NodeName, FenceAddress> { [new("n2")] = new("c-n2-again"), [new("n1")] = new("c-n1"), [new("n3")] = new("c-n3") },
        };
        var state = Next(Ready(), seen, "WriterAppointed n2 2");

        Assert.Equal(["c-n2"], state.Areas[0].ToFence.Select(f => f.Value));
        Assert.Equal("c-n2-again", state.Areas[0].Connection!.Value.Value);
    }

    [Fact]
    public void A_reader_that_fails_leaves_and_a_node_from_outside_takes_its_place()
    {
        var state = Next(Ready(), Seen(["n1", "n2", "n4"], failed: ["n3"], connected: ["n1", "n2"]), "ReaderDismissed n3");
        state = Next(state, Seen(["n1", "n2", "n4"], connected: ["n1", "n2"]), "ReaderAppointed n4");
        Next(state, Seen(["n1", "n2", "n4"], connected: ["n1", "n2", "n4"]), null);
    }

    [Fact]
    public void When_writer_and_readers_fail_together_a_node_from_outside_becomes_the_writer()
    {
        var seen = Seen(["n4"], failed: ["n1", "n2", "n3"]);
        var state = Next(Next(Ready(), seen, "ReaderDismissed n1"), seen, "ReaderDismissed n3");
        state = Next(state, seen, "ReaderAppointed n4");
        Next(state, Seen(["n4"], failed: ["n2"], connected: ["n4"]), "WriterAppointed n4 2");
    }

    [Fact]
    public void A_writer_that_failed_while_nobody_else_is_there_stays_until_somebody_is() =>
        Next(Next(Next(Ready(), Seen([], failed: ["n1", "n2", "n3"]), "ReaderDismissed n1"), Seen([], failed: ["n2", "n3"]), "ReaderDismissed n3"), Seen([], failed: ["n2"]), null);

    [Fact]
    public void Nothing_happens_while_all_is_well() => Next(Ready(), Seen(["n1", "n2", "n3"], connected: ["n1", "n2", "n3"]), null);

    [Fact]
    public void Nothing_is_decided_before_the_images_stand()
    {
        var state = NameNodeState.Empty.Apply(Plan(1));

        Assert.Null(state.Decide(0, Seen(["n1", "n2"]), Now));
        Assert.Null(state.Apply(new FileSystemMade(Now)).Apply(new FileSystemRemovalBegun(Now)).Decide(0, Seen(["n1", "n2"]), Now));
    }

    public static TheoryData<string, long, string[], int, string> BadPlans => new()
    {
        { "rbd", 1L << 20, ["/"], 0, "a size of" },
        { "rbd", -1, ["/"], 0, "a size of" },
        { "rbd", 1L << 60, ["/"], 0, "a size of" },
        { "r/b", 1L << 30, ["/"], 0, "pool name contains" },
        { "rbd", 1L << 30, [], 0, "0 areas" },
        { "rbd", 1L << 30, ["/a"], 0, "the first area" },
        { "rbd", 1L << 30, ["/", "/a", "/a"], 0, "two areas have the same path" },
        { "rbd", 1L << 30, ["/", "/a/"], 0, "write it as /a" },
        { "rbd", 1L << 30, ["/"], -1, "negative" },
    };

    [Theory]
    [MemberData(nameof(BadPlans))]
    public void A_plan_that_cannot_be_is_refused(string pool, long size, string[] paths, int readers, string says)
    {
        var refusal = NameNodeState.Empty.Forbids(new CreateFileSystem(Name, new RequestId("r"), pool, size, paths, readers), 3);

        Assert.Equal(ErrorKind.InvalidArgument, refusal?.Kind);
        Assert.Contains(says, refusal!.Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void A_plan_for_more_data_nodes_than_there_are_may_come_again()
    {
        var request = new CreateFileSystem(Name, new RequestId("r"), "rbd", 1L << 30, ["/"], 2);

        Assert.Equal(new OperationError(ErrorKind.Unavailable, "a writer and 2 readers need 3 data nodes; there are 2"), NameNodeState.Empty.Forbids(request, 2));
        Assert.Null(NameNodeState.Empty.Forbids(request, 3));
        Assert.Null(NameNodeState.Empty.Forbids(request with { AllAtOnce = false }, 1));
        Assert.Equal(ErrorKind.Unavailable, NameNodeState.Empty.Forbids(request with { AllAtOnce = false }, 0)?.Kind);
    }

    [Fact]
    public void Who_comes_later_becomes_a_reader_of_a_set_that_is_not_complete()
    {
        var state = Next(Made(readers: 2), Seen(["n1"]), "ReaderAppointed n1");
        state = Next(state, Seen(["n1"], connected: ["n1"]), "WriterAppointed n1 1");
        state = Next(state, Seen(["n1"], connected: ["n1"]), null);
        state = Next(state, Seen(["n1", "n2"], connected: ["n1"]), "ReaderAppointed n2");

        Assert.Equal(["n1", "n2"], state.Areas[0].Members.Select(m => m.Value));
    }

    [Fact]
    public void A_name_that_is_taken_is_refused() => Assert.Equal(
        ErrorKind.AlreadyExists, Ready().Forbids(new CreateFileSystem(Name, new RequestId("other"), "rbd", 1L << 30, ["/"], 0), 3)?.Kind);

    [Theory]
    [InlineData("/x", 0)]
    [InlineData("/ab/x", 0)]
    [InlineData("/a", 1)]
    [InlineData("/a/x", 1)]
    [InlineData("/a/b", 2)]
    [InlineData("/a/b/c/d", 2)]
    public void A_path_lies_in_the_area_that_is_mounted_deepest_above_it(string path, int area)
    {
        var plan = Plan(0) with { Areas = [Area(0, "/"), Area(1, "/a"), Area(2, "/a/b")] };

        Assert.Equal(area, NameNodeState.Empty.Apply(plan).AreaOf(path)!.Number);
    }

    [Fact]
    public void The_epochs_of_a_file_system_begin_above_those_of_the_one_before()
    {
        var removed = Next(Ready(), Seen(["n1", "n3"], failed: ["n2"], connected: ["n1", "n3"]), "WriterAppointed n3 2")
            .Apply(new FileSystemRemovalBegun(Now)).Apply(new FileSystemRemoved(Now));
        var second = NameNodeSnapshot.Of(removed).State().Apply(Plan(1));
        Assert.Equal((3L, 3L), (second.Areas[0].BaseEpoch.Value, second.Areas[0].Epoch.Value));

        // Also when nobody ever wrote to it.
        var third = second.Apply(new FileSystemAbandoned(new OperationError(ErrorKind.NoSpace, ""))).Apply(Plan(1));
        Assert.Equal(4, third.Areas[0].BaseEpoch.Value);
    }

    [Fact]
    public void A_snapshot_is_the_state()
    {
        var state = Next(Ready(), Seen(["n1", "n3"], failed: ["n2"], connected: ["n1", "n3"]), "WriterAppointed n3 2");
        var again = NameNodeSnapshot.Of(state).State();

        Assert.Equal(NameNodeSnapshot.Of(state).Areas.Select(a => a.ToString()), NameNodeSnapshot.Of(again).Areas.Select(a => a.ToString()));
        Assert.Equal((state.Plan, state.Phase), (again.Plan, again.Phase));
    }

    private static NameNodeState Next(NameNodeState state, AreaObservation seen, string? expected)
    {
        var step = state.Decide(0, seen, Now);
        Assert.Equal(expected, step switch
        {
            WriterAppointed w => $"WriterAppointed {w.Writer} {w.Epoch}",
            ReaderAppointed r => $"ReaderAppointed {r.Reader}",
            ReaderDismissed r => $"ReaderDismissed {r.Reader}",
            _ => step?.ToString(),
        });
        return step is null ? state : state.Apply(step);
    }

    private static AreaObservation Seen(string[] usable, string[]? failed = null, string[]? connected = null) => new(
        new NodeName("n1"),
        [.. usable.Select(n => new NodeName(n))],
        (failed ?? []).ToDictionary(n => new NodeName(n), _ => "it is gone"),
        (connected ?? []).ToDictionary(n => new NodeName(n), n => new FenceAddress("c-" + n)));

    private static PlannedArea Area(int number, string path) => new(number, path, new AreaId(Name, number).Image("rbd"));

    private static FileSystemPlanned Plan(int readers) => new(Name, new RequestId("r"), "rbd", 1L << 30, [Area(0, "/")], readers, Now);

    private static NameNodeState Made(int readers) => NameNodeState.Empty.Apply(Plan(readers)).Apply(new FileSystemMade(Now));

    // n2 writes; n1 and n3 read.
    private static NameNodeState Ready() => Made(2)
        .Apply(new ReaderAppointed(0, new NodeName("n1"), "", Now))
        .Apply(new ReaderAppointed(0, new NodeName("n3"), "", Now))
        .Apply(new WriterAppointed(0, new Epoch(1), new NodeName("n2"), new FenceAddress("c-n2"), "", Now))
        .Apply(new WriterAdmitted(0, new Epoch(1), Now));
}
