using Akka.Actor;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>A system that does not trust its peers.</summary>
public sealed class UntrustedModeSpec(ITestOutputHelper output) : RemotingTestKit(output)
{
    [Fact]
    public async Task Peers_can_talk_but_do_no_harm()
    {
        var right = Another(hocon: """akka.remote { untrusted-mode = on, trusted-selection-paths = ["/user/open"] }""");
        var open = right.ActorOf(Props.Create<Echo>(), "open");
        var shut = right.ActorOf(Props.Create<Echo>(), "shut");

        SeenFromLeft(right, open).Tell(PoisonPill.Instance);
        Sys.ActorSelection(shut.Path.ToStringWithAddress(AddressOf(right))).Tell("unheard", TestActor);
        Sys.ActorSelection(open.Path.ToStringWithAddress(AddressOf(right))).Tell("heard", TestActor);

        ExpectMsg("heard", Limit);
        Assert.Equal("alive", await SeenFromLeft(right, open).Ask<string>("alive", Limit));
        Assert.Equal("alive", await SeenFromLeft(right, shut).Ask<string>("alive", Limit));
    }
}
