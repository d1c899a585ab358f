using Mooring.Cli;

namespace Mooring.Tests.Pure;

/// <summary>What the command says of a command line that it does not understand.</summary>
public sealed class WrongUsageTests
{
    [Theory]
    [InlineData("bogus", "'mooring' has no command 'bogus'; it has audit, check, cluster, console,")]
    [InlineData("volum list", "'mooring' has no command 'volum'; did you mean 'volume'?")]
    [InlineData("volume snapshot lst x", "'mooring volume snapshot' has no command 'lst'; did you mean 'list'?")]
    [InlineData("volume", "'mooring volume' needs a command: clone, config,")]
    [InlineData("volume create x --sise 1G", "'mooring volume create' has no option '--sise'; did you mean '--size'?")]
    [InlineData("volume create x --size 1G --jsn", "'mooring volume create' has no option '--jsn'; did you mean '--json'?")]
    [InlineData("volume create x --size 1G --colour=red", "'mooring volume create' has no option '--colour=red'")]
    [InlineData("volume show a b", "'mooring volume show' takes no more arguments: 'b'")]
    [InlineData("volume show", "'mooring volume show' needs VOLUME")]
    [InlineData("volume create x", "'mooring volume create' needs --size")]
    [InlineData("token create x --role boss", "Argument 'boss' not recognized. Must be one of: 'viewer' 'operator' 'admin'")]
    public void The_nearest_right_word_is_named(string line, string said) =>
        Assert.StartsWith(said, Failures.Explain(Commands.Root().Parse(line)), StringComparison.Ordinal);
}
