using Petabridge.Cmd;
using Petabridge.Cmd.Wire;

namespace Mooring.Tests.Actors.PetabridgeCmdSpecs;

/// <summary>How commands are described, and how a command line is read against a description.</summary>
public class CommandDefinitionSpec
{
    private static readonly CommandDefinition Send = new CommandDefinitionBuilder()
        .WithName("send")
        .WithDescription("Sends something.")
        .WithArgument(a => a.WithName("to").WithDescription("Whom.").WithSwitch("-t").WithSwitch("--to").IsMandatory(true))
        .WithArgument(a => a.WithName("times").WithSwitch("-n").WithDefaultValues("1", "10"))
        .WithArgument(a => a.WithName("urgent").WithSwitch("--urgent").WithDefaultValues("true", "false"))
        .WithArgument(a => a.WithName("text").WithSwitch("-m").CanOccurMultipleTimes(true))
        .Build();

    [Fact]
    public void A_definition_keeps_what_it_was_built_from()
    {
        Assert.Equal(("send", "Sends something."), (Send.Name, Send.Description));
        Assert.Equal(["to", "times", "urgent", "text"], Send.Arguments.Select(a => a.Name));
        var to = Send.Arguments[0];
        Assert.Equal(("Whom.", true, false), (to.Description, to.Mandatory, to.CanOccurMultipleTimes));
        Assert.Equal(["-t", "--to"], to.Switches);
        Assert.Equal(["1", "10"], Send.Arguments[1].DefaultValues);
        Assert.True(Send.Arguments[3].CanOccurMultipleTimes);
    }

    [Theory]
    [InlineData("-t a", "to=a")]
    [InlineData("--to a", "to=a")]
    [InlineData("--to=a", "to=a")]
    [InlineData("--to=", "to=")]
    [InlineData("a", "to=a")]
    [InlineData("a -5", "to=a times=-5")]
    [InlineData("-n 3 a", "times=3 to=a")]
    [InlineData("a --urgent", "to=a urgent=true")]
    [InlineData("--urgent a", "urgent=true to=a")]
    [InlineData("--urgent false a", "urgent=false to=a")]
    [InlineData("a -m x -m y", "to=a text=x text=y")]
    [InlineData("a 3 true x y z", "to=a times=3 urgent=true text=x text=y text=z")]
    public void Arguments_are_given_by_switch_or_by_place(string words, string expected)
    {
        Assert.True(ArgumentParser.TryParse("mail", Send, words.Split(' '), out var command, out var problem), problem);

        Assert.Equal(("mail", "send"), (command.ModuleName, command.Name));
        Assert.Equal(expected, string.Join(' ', command.Arguments.Select(a => $"{a.Item1}={a.Item2}")));
    }

    [Theory]
    [InlineData("", "needs argument 'to' (-t, --to)")]
    [InlineData("-n 3", "needs argument 'to'")]
    [InlineData("a --size 3", "has no switch '--size'")]
    [InlineData("a -n", "argument 'times' of 'mail send' needs a value")]
    [InlineData("-n -t a", "argument 'times' of 'mail send' needs a value")]
    [InlineData("a -t b", "argument 'to' of 'mail send' is given twice")]
    public void A_wrong_command_line_is_refused_with_the_reason(string words, string expected)
    {
        Assert.False(ArgumentParser.TryParse("mail", Send, words.Split(' ', StringSplitOptions.RemoveEmptyEntries), out _, out var problem));

        Assert.Contains(expected, problem, StringComparison.Ordinal);
    }

    [Fact]
    public void A_word_too_many_is_refused()
    {
        var none = new CommandDefinitionBuilder().WithName("none").Build();

        Assert.False(ArgumentParser.TryParse("mail", none, ["x"], out _, out var problem));
        Assert.Equal("'mail none' does not expect 'x'", problem);
    }

    [Fact]
    public void Values_of_an_argument_are_asked_for_by_its_name()
    {
        Assert.True(ArgumentParser.TryParse("mail", Send, ["-t", "a", "-m", "x", "-m", "y"], out var command, out _));

        Assert.Equal(["x", "y"], command.ArgumentValues("text"));
        Assert.Equal("a", command.ArgumentValues("to").Single());
        Assert.Empty(command.ArgumentValues("times"));
    }

    [Fact]
    public void What_cannot_be_told_apart_is_not_built()
    {
        static CommandDefinitionBuilder Named(string name) => new CommandDefinitionBuilder().WithName(name);

        Assert.Throws<InvalidOperationException>(() => Named("").Build());
        Assert.Throws<InvalidOperationException>(() => Named("two words").Build());
        Assert.Throws<InvalidOperationException>(() => Named("x").WithArgument(a => a.WithName("a")));
        Assert.Throws<InvalidOperationException>(() => Named("x").WithArgument(a => a.WithSwitch("-a")));
        Assert.Throws<InvalidOperationException>(() => Named("x").WithArgument(a => a.WithName("a").WithSwitch("a")));
        Assert.Throws<InvalidOperationException>(() => Named("x")
            .WithArgument(a => a.WithName("a").WithSwitch("-a")).WithArgument(a => a.WithName("b").WithSwitch("-a")).Build());
        Assert.Throws<InvalidOperationException>(() => Named("x")
            .WithArgument(a => a.WithName("a").WithSwitch("-a")).WithArgument(a => a.WithName("a").WithSwitch("-b")).Build());
        Assert.Throws<ArgumentException>(() => new CommandPalette("", []));
        Assert.Throws<ArgumentException>(() => new CommandPalette("x", [Named("a").Build(), Named("a").Build()]));
    }

    [Theory]
    [InlineData("volume show  rbd/a", "volume|show|rbd/a")]
    [InlineData("  a\tb  ", "a|b")]
    [InlineData("a 'b c' \"d e\"", "a|b c|d e")]
    [InlineData("a 'b\"c' d\\ e", "a|b\"c|d e")]
    [InlineData("a ''", "a|")]
    [InlineData("", "")]
    public void A_line_is_split_as_a_shell_does(string line, string expected) => Assert.Equal(expected, string.Join('|', CommandLine.Split(line)));

    [Fact]
    public void A_quote_that_is_not_closed_is_refused() => Assert.Throws<FormatException>(() => CommandLine.Split("a 'b"));
}
