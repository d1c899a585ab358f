using Akka.Actor;
using Akka.Remote;
using Akka.Remote.Transport;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>One connection of an association.</summary>
public sealed class LinkSpec(ITestOutputHelper output) : RemotingTestKit(output)
{
    [Fact]
    public void A_connection_whose_closing_fails_lets_the_reader_of_the_next_one_begin_all_the_same()
    {
        var remoting = ((RemoteActorRefProvider)((ExtendedActorSystem)Sys).Provider).Transport;
        var link = new Link(remoting, new BrokenConnection(), inbound: false, payloadBytesMax: 1024);

        Assert.Throws<IOException>(link.Dispose);

        Assert.True(link.ReadingEnded.IsCompletedSuccessfully);
        Assert.True(link.Connection.IsClosed);
    }

    private sealed class BrokenConnection : WireConnection
    {
        public override Stream Stream { get; } = new MemoryStream();

        public override string Peer => "nobody";

        public override void FinishWriting()
        {
            // Nothing was written.
        }

        protected override void CloseOnce() => throw new IOException("it does not close");
    }
}
