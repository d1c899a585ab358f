using System.Collections.Concurrent;
using System.IO.Pipelines;
using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using Xunit.Abstractions;

namespace Mooring.Tests.Engine.Remote;

/// <summary>Another transport takes the place of TCP by configuration alone.</summary>
public sealed class TransportSpec(ITestOutputHelper output) : RemotingTestKit(output, Memory("left"))
{
    private static string Memory(string host) => $$"""
        akka.remote {
          enabled-transports = ["akka.remote.memory"]
          memory {
            transport-class = "Mooring.Tests.Engine.Remote.TransportSpec+MemoryTransport, Mooring.Tests.Engine"
            host = "{{host}}-{{Guid.NewGuid():N}}"
          }
        }
        """;

    [Fact]
    public async Task Systems_talk_over_whatever_carries_bytes()
    {
        var right = Another(hocon: Memory("right"));
        var actor = right.ActorOf(Props.Create<Echo>());
        var echo = SeenFromLeft(right, actor);
        Assert.Equal("akka.memory", AddressOf(right).Protocol);

        for (var i = 0; i < 100; i++)
            Assert.Equal(i, await echo.Ask<int>(i, Limit));

        Watch(echo);
        right.Stop(actor);
        ExpectTerminated(echo, Limit);
    }

    internal sealed class MemoryTransport(ExtendedActorSystem system, Config config) : WireTransport(system, config)
    {
        private static readonly ConcurrentDictionary<string, Action<WireConnection>> s_listening = new();
        private readonly string _host = config.GetString("host", null);

        public override string SchemeIdentifier => "memory";

        public override int MaximumPayloadBytes => 128_000;

        public override Task<Address> Listen(Action<WireConnection> onInbound)
        {
            s_listening[_host] = onInbound;
            return Task.FromResult(new Address("akka.memory", System.Name, _host, 1));
        }

        public override Task<WireConnection> Connect(Address remote, CancellationToken cancellation)
        {
            if (!s_listening.TryGetValue(remote.Host!, out var accept))
                throw new ConnectionRefusedException($"Nobody is {remote}");
            var there = new Pipe();
            var back = new Pipe();
            accept(new MemoryConnection(there.Reader, back.Writer));
            return Task.FromResult<WireConnection>(new MemoryConnection(back.Reader, there.Writer));
        }

        public override void StopListening() => s_listening.TryRemove(_host, out _);

        public override Task Shutdown()
        {
            StopListening();
            return Task.CompletedTask;
        }
    }

    private sealed class MemoryConnection(PipeReader reader, PipeWriter writer) : WireConnection
    {
        public override Stream Stream { get; } = new DuplexStream(reader.AsStream(), writer.AsStream());

        public override string Peer => "memory";

        public override void FinishWriting() => writer.Complete();

        protected override void CloseOnce()
        {
            writer.Complete();
            reader.CancelPendingRead();
            reader.Complete();
        }
    }
}
