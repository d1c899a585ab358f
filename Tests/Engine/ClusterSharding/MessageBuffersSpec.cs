using Akka.Actor;
using Akka.Cluster.Sharding;

namespace Mooring.Tests.Engine.ClusterSharding;

public class MessageBuffersSpec
{
    [Fact]
    public void Messages_come_out_in_order()
    {
        var buffers = new MessageBuffers(10);
        Hold(buffers, "x", 1, 2, 3);
        Hold(buffers, "y", 4);
        Assert.Equal([1, 2, 3], Taken(buffers, "x"));
        Assert.Equal(1, buffers.Count);
        Assert.False(buffers.Contains("x"));
    }

    [Fact]
    public void The_limit_counts_all_keys()
    {
        var buffers = new MessageBuffers(3);
        Hold(buffers, "x", 1, 2);
        Hold(buffers, "y", 3);
        Assert.False(buffers.TryAppend("z", 4, ActorRefs.NoSender));
        buffers.Take("x");
        Assert.True(buffers.TryAppend("z", 4, ActorRefs.NoSender));
    }

    [Fact]
    public void Returned_messages_come_before_later_ones()
    {
        var buffers = new MessageBuffers(10);
        Hold(buffers, "x", 3, 4);
        buffers.Prepend("x", [new MessageBuffers.Held(1, ActorRefs.NoSender), new MessageBuffers.Held(2, ActorRefs.NoSender)]);
        Assert.Equal(4, buffers.Count);
        Assert.Equal([1, 2, 3, 4], Taken(buffers, "x"));
        Assert.Equal(0, buffers.Count);
    }

    private static void Hold(MessageBuffers buffers, string key, params int[] messages)
    {
        foreach (var message in messages)
            Assert.True(buffers.TryAppend(key, message, ActorRefs.NoSender));
    }

    private static IEnumerable<int> Taken(MessageBuffers buffers, string key) => buffers.Take(key).Select(held => (int)held.Message);
}
