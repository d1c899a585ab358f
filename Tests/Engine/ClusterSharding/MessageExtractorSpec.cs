using Akka.Cluster.Sharding;
using Akka.Util;

namespace Mooring.Tests.Engine.ClusterSharding;

public class MessageExtractorSpec
{
    private static readonly HashCodeMessageExtractor ByLength =
        HashCodeMessageExtractor.Create(10, message => message is string text ? text : null, message => ((string)message).Length);

    [Fact]
    public void The_hash_code_extractor_takes_the_shard_from_the_id()
    {
        Assert.Equal(ByLength.ShardId("volume-1"), ByLength.ShardId((object)"volume-1"));
        Assert.All(Enumerable.Range(0, 1000), i => Assert.InRange(int.Parse(ByLength.ShardId($"e{i}")), 0, 9));
        Assert.Equal(10, Enumerable.Range(0, 1000).Select(i => ByLength.ShardId($"e{i}")).Distinct().Count());
    }

    [Fact]
    public void A_message_for_no_entity_has_no_shard()
    {
        Assert.Null(ByLength.EntityId(42));
        Assert.Null(ByLength.ShardId(42));
    }

    [Fact]
    public void Envelopes_and_start_commands_need_no_extractor_of_the_user()
    {
        var extractor = new ExtractorAdapter(ByLength);
        var envelope = new ShardingEnvelope("volume-1", 42);
        Assert.Equal("volume-1", extractor.EntityId(envelope));
        Assert.Equal(42, extractor.EntityMessage(envelope));
        Assert.Equal(ByLength.ShardId("volume-1"), extractor.ShardId(envelope));
        Assert.Equal(ByLength.ShardId("volume-1"), extractor.ShardId(new ShardRegion.StartEntity("volume-1")));
        Assert.Equal(8, extractor.EntityMessage("volume-1"));
    }

    [Fact]
    public void Delegates_are_asked_with_a_start_command_for_an_id()
    {
        var extractor = new DelegateExtractor(
            message => message is string text ? new Option<(string, object)>((text, text)) : Option<(string, object)>.None,
            message => message switch { string text => text[..1], ShardRegion.StartEntity start => start.EntityId[..1], _ => null });
        Assert.Equal("v", extractor.ShardId((object)"volume"));
        Assert.Equal("v", extractor.ShardId("volume", null));
        Assert.Null(extractor.EntityId(42));
        Assert.Null(extractor.ShardId(42));
    }
}
