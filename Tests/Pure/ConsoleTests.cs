using Mooring.Cli.Interactive;
using Petabridge.Cmd.Wire;

namespace Mooring.Tests.Pure;

/// <summary>The console's editing, completion and statuses, without a terminal.</summary>
public class ConsoleTests
{
    private static readonly PaletteShape[] Palettes =
    [
        new("cluster", [new("show", "", []), new("status", "", []), new("down", "", [new("address", "", true, false, ["-a", "-A", "--address"], [])])]),
        new("cluster-sharding", []),
        new("volume",
        [
            new("create", "Makes one.",
            [
                new("size", "How large.", true, false, ["-s", "--size"], []),
                new("state", "", false, false, ["--state"], ["running", "ready"]),
                new("no-wait", "", false, false, ["--no-wait"], ["true", "false"]),
            ]),
        ]),
    ];

    [Theory]
    [InlineData("", "cluster cluster-sharding exit help volume")]
    [InlineData("cl", "cluster cluster-sharding")]
    [InlineData("v", "volume")]
    [InlineData("x", "")]
    [InlineData("cluster ", "down show status")]
    [InlineData("cluster s", "show status")]
    [InlineData("nix ", "")]
    [InlineData("cluster down ", "--address")]
    [InlineData("cluster down -a", "-a")]
    [InlineData("volume create ", "--no-wait --size --state")]
    [InlineData("volume create -s 1M ", "--no-wait --state")]
    [InlineData("volume create --s", "--size --state")]
    [InlineData("volume create --state ", "ready running")]
    [InlineData("volume create --state ru", "running")]
    [InlineData("volume create --no-wait ", "--size --state")]
    [InlineData("volume create --no-wait t", "true")]
    [InlineData("help ", "cluster cluster-sharding volume")]
    [InlineData("help cluster d", "down")]
    public void Completion_proposes_what_may_stand_there(string line, string expected) =>
        Assert.Equal(expected, string.Join(' ', Completer.Propose(line, Palettes)));

    [Fact]
    public void Proposals_share_a_beginning()
    {
        Assert.Equal("cluster", Completer.Common(["cluster", "cluster-sharding"]));
        Assert.Equal("s", Completer.Common(["show", "status"]));
        Assert.Equal("", Completer.Common(["a", "b"]));
        Assert.Equal("one", Completer.Common(["one"]));
    }

    [Fact]
    public void A_line_is_edited_at_its_cursor()
    {
        var line = new LineBuffer([]);
        Type(line, "volme shwo");
        Press(line, ConsoleKey.Backspace, ConsoleKey.Backspace);
        Type(line, "ow");
        Press(line, ConsoleKey.Home, ConsoleKey.RightArrow, ConsoleKey.RightArrow, ConsoleKey.RightArrow);
        Type(line, "u");

        Assert.Equal(("volume show", 4), (line.Text, line.Cursor));
        Press(line, ConsoleKey.Delete, ConsoleKey.End, ConsoleKey.LeftArrow);
        Assert.Equal(("volue show", 9), (line.Text, line.Cursor));
        Assert.Equal(LineEvent.Entered, line.Apply(Key(ConsoleKey.Enter)));
    }

    [Fact]
    public void Keys_at_the_ends_of_the_line_do_nothing()
    {
        var line = new LineBuffer([]);
        Press(line, ConsoleKey.Backspace, ConsoleKey.Delete, ConsoleKey.LeftArrow, ConsoleKey.RightArrow, ConsoleKey.UpArrow, ConsoleKey.DownArrow, ConsoleKey.F1);

        Assert.Equal(("", 0), (line.Text, line.Cursor));
    }

    [Fact]
    public void Control_keys_delete_words_and_ends_and_give_up()
    {
        var line = new LineBuffer([]);
        Type(line, "volume show  rbd/a ");
        line.Apply(Control(ConsoleKey.W));
        Assert.Equal("volume show  ", line.Text);
        line.Apply(Control(ConsoleKey.W));
        Assert.Equal("volume ", line.Text);
        line.Apply(Control(ConsoleKey.A));
        line.Apply(Key(ConsoleKey.RightArrow));
        line.Apply(Control(ConsoleKey.K));
        Assert.Equal("v", line.Text);
        line.Apply(Control(ConsoleKey.U));
        Assert.Equal("", line.Text);

        Assert.Equal(LineEvent.Ended, line.Apply(Control(ConsoleKey.D)));
        Type(line, "x");
        Assert.Equal(LineEvent.Edited, line.Apply(Control(ConsoleKey.D)));
        Assert.Equal(LineEvent.Abandoned, line.Apply(Control(ConsoleKey.C)));
        Assert.Equal(LineEvent.Completing, line.Apply(Key(ConsoleKey.Tab)));
    }

    [Fact]
    public void Earlier_lines_come_back_and_the_begun_one_is_kept()
    {
        var line = new LineBuffer(["first", "second"]);
        Type(line, "beg");
        Press(line, ConsoleKey.UpArrow);
        Assert.Equal("second", line.Text);
        Press(line, ConsoleKey.UpArrow, ConsoleKey.UpArrow);
        Assert.Equal("first", line.Text);
        Press(line, ConsoleKey.DownArrow, ConsoleKey.DownArrow);
        Assert.Equal(("beg", 3), (line.Text, line.Cursor));
    }

    [Fact]
    public void A_line_does_not_grow_without_bound()
    {
        var line = new LineBuffer([]);
        line.Insert(new string('x', 4096));
        line.Insert("y");

        Assert.Equal(4096, line.Text.Length);
    }

    [Theory]
    [InlineData("ok", "", 0)]
    [InlineData("failed", "not-found: there is none", 1)]
    [InlineData("failed", "something else", 1)]
    [InlineData("cancelled", "", 1)]
    [InlineData("usage", "no such command", 2)]
    [InlineData("failed", "invalid-argument: wrong", 2)]
    [InlineData("failed", "timed-out: no answer", 3)]
    [InlineData("failed", "unavailable: no owner", 3)]
    [InlineData("failed", "permission-denied: no", 4)]
    [InlineData("failed", "fenced: no", 4)]
    [InlineData("failed", "no-space: no", 4)]
    public void The_exit_status_follows_from_the_end_of_the_command(string status, string error, int expected) =>
        Assert.Equal(expected, ConsoleCommand.ExitOf(status, error));

    [Fact]
    public void Help_names_palettes_commands_and_arguments()
    {
        Assert.Contains("cluster           show, status, down", CommandHelp.Text(Palettes, ["help"]), StringComparison.Ordinal);
        Assert.Contains("volume create  Makes one.", CommandHelp.Text(Palettes, ["help", "volume"]), StringComparison.Ordinal);
        Assert.StartsWith("volume create SIZE [--state STATE] [--no-wait NO-WAIT]\nMakes one.\n", CommandHelp.Text(Palettes, ["help", "volume", "create"]), StringComparison.Ordinal);
        Assert.Contains("-s, --size", CommandHelp.Text(Palettes, ["help", "volume", "create"]), StringComparison.Ordinal);
    }

    private static void Type(LineBuffer line, string text)
    {
        foreach (var c in text)
            line.Apply(new ConsoleKeyInfo(c, ConsoleKey.None, false, false, false));
    }

    private static void Press(LineBuffer line, params ConsoleKey[] keys)
    {
        foreach (var key in keys)
            line.Apply(Key(key));
    }

    private static ConsoleKeyInfo Key(ConsoleKey key) => new('\0', key, false, false, false);

    private static ConsoleKeyInfo Control(ConsoleKey key) => new('\0', key, false, false, true);
}
