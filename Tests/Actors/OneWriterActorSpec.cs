using Akka.Actor;
using Akka.Configuration;
using Akka.Remote;
using Akka.Remote.Transport;
using Akka.TestKit.TestActors;
using Mooring.Actors.Membership;

namespace Mooring.Tests.Actors;

/// <summary>What remoting keeps of a silent node that is quarantined while this one writes to it.</summary>
public sealed class OneWriterActorSpec : ActorSpec
{
    public OneWriterActorSpec()
        : base(clustered: true)
    {
    }

    [Fact]
    public async Task Nobody_writes_to_a_node_that_was_quarantined_while_something_was_sent_to_it()
    {
        var config = ConfigurationFactory.ParseString("akka.remote.dot-netty.tcp { applied-adapters = [trttl], connection-timeout = 5m }").WithFallback(Sys.Settings.Config);
        var here = ActorSystem.Create(Sys.Name, config);
        var peer = ActorSystem.Create(Sys.Name, config);
        try
        {
            var address = Provider(peer).DefaultAddress;
            var local = peer.ActorOf(BlackHoleActor.Props, "listener");
            var remote = await here.ActorSelection(local.Path.ToStringWithAddress(address)).ResolveOne(Limit);
            var writers = here.ActorSelection(OneWriterActor.WritersTo(address));
            here.ActorOf(OneWriterActor.Props());
            here.EventStream.Subscribe(TestActor, typeof(QuarantinedEvent));
            var silence = new SetThrottle(address, ThrottleTransportAdapter.Direction.Both, Blackhole.Instance);
            Assert.True(await Provider(here).Transport.ManagementCommand(silence));

            Provider(here).Quarantine(address, AddressUidExtension.Uid(peer));
            while (!HasMessages)
                remote.Tell("anybody there?");
            for (var i = 0; i < 100; i++)
                remote.Tell("anybody there?");

            await AwaitAssertAsync(
                async () =>
                {
                    // A message that came late may have made another writer, which is none that was lost: a quarantine ends it.
                    Provider(here).Quarantine(address, AddressUidExtension.Uid(peer));
                    await Assert.ThrowsAsync<ActorNotFoundException>(() => writers.ResolveOne(Limit));
                },
                Limit,
                TimeSpan.FromMilliseconds(300));
        }
        finally
        {
            await here.Terminate();
            await peer.Terminate();
        }
    }

    private static IRemoteActorRefProvider Provider(ActorSystem system) => (IRemoteActorRefProvider)((ExtendedActorSystem)system).Provider;
}
