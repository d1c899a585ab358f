using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using static Akka.Cluster.Sharding.CoordinatorEvents;
using static Akka.Cluster.Sharding.CoordinatorProtocol;

namespace Akka.Cluster.Sharding.Serialization;

/// <summary>
/// Writes what regions and coordinators send, journal and save: fields one after the other, lengths and numbers in seven-bit groups,
/// actors as paths. New fields are only ever appended.
/// </summary>
public class ClusterShardingMessageSerializer : SerializerWithStringManifest
{
    private readonly Dictionary<Type, Codec> _byType = [];
    private readonly Dictionary<string, Codec> _byManifest = [];

    /// <summary>A serializer for a system.</summary>
    public ClusterShardingMessageSerializer(ExtendedActorSystem system)
        : base(system)
    {
        AddEvents();
        AddCoordinatorMessages();
        AddQueries();
        AddEntityMessages();
    }

    /// <inheritdoc/>
    public override byte[] ToBinary(object obj)
    {
        var codec = CodecFor(obj);
        using var bytes = new MemoryStream(128);
        using (var writer = new BinaryWriter(bytes))
            codec.Write(writer, obj);
        return bytes.ToArray();
    }

    /// <inheritdoc/>
    public override object FromBinary(byte[] bytes, string manifest)
    {
        if (!_byManifest.TryGetValue(manifest, out var codec))
            throw new SerializationException($"Unknown manifest [{manifest}] of a cluster sharding message");

        using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
        return codec.Read(reader);
    }

    /// <inheritdoc/>
    public override string Manifest(object o) => CodecFor(o).Manifest;

    private Codec CodecFor(object message) => _byType.TryGetValue(message.GetType(), out var codec)
        ? codec
        : throw new ArgumentException($"[{message.GetType()}] is no cluster sharding message", nameof(message));

    private void AddEvents()
    {
        Add("AA", WriteState, ReadState);
        Add("AB", (w, m) => WriteRef(w, m.Region), r => new ShardRegionRegistered(ReadRef(r)));
        Add("AC", (w, m) => WriteRef(w, m.RegionProxy), r => new ShardRegionProxyRegistered(ReadRef(r)));
        Add("AD", (w, m) => WriteRef(w, m.Region), r => new ShardRegionTerminated(ReadRef(r)));
        Add("AE", (w, m) => WriteRef(w, m.RegionProxy), r => new ShardRegionProxyTerminated(ReadRef(r)));
        Add("AF", (w, m) => WriteShardAndRef(w, m.Shard, m.Region), r => new ShardHomeAllocated(r.ReadString(), ReadRef(r)));
        Add("AG", (w, m) => w.Write(m.Shard), r => new ShardHomeDeallocated(r.ReadString()));
    }

    private void AddCoordinatorMessages()
    {
        Add("BA", WriteRegister, r => new Register(ReadRef(r), [.. ReadStrings(r)]));
        Add("BB", (w, m) => WriteRef(w, m.Region), r => new RegisterProxy(ReadRef(r)));
        Add("BC", (w, m) => WriteRef(w, m.Coordinator), r => new RegisterAck(ReadRef(r)));
        Add("BD", (w, m) => w.Write(m.Shard), r => new GetShardHome(r.ReadString()));
        Add("BE", (w, m) => WriteShardAndRef(w, m.Shard, m.Region), r => new ShardHome(r.ReadString(), ReadRef(r)));
        Add("BF", (w, m) => w.Write(m.Shard), r => new HostShard(r.ReadString()));
        Add("BG", (w, m) => w.Write(m.Shard), r => new ShardStarted(r.ReadString()));
        Add("BH", (w, m) => w.Write(m.Shard), r => new BeginHandOff(r.ReadString()));
        Add("BI", (w, m) => w.Write(m.Shard), r => new BeginHandOffAck(r.ReadString()));
        Add("BJ", (w, m) => w.Write(m.Shard), r => new HandOff(r.ReadString()));
        Add("BK", (w, m) => w.Write(m.Shard), r => new ShardStopped(r.ReadString()));
        Add("BL", (w, m) => WriteRef(w, m.Region), r => new GracefulShutdownReq(ReadRef(r)));
        Add("BM", (w, m) => WriteRef(w, m.Coordinator), r => new CoordinatorReady(ReadRef(r)));
    }

    private void AddQueries()
    {
        Add("DA", (_, _) => { }, _ => GetShardRegionStats.Instance);
        Add("DB", WriteRegionStats, ReadRegionStats);
        Add("DC", (w, m) => w.Write(m.Timeout.Ticks), r => new GetClusterShardingStats(TimeSpan.FromTicks(r.ReadInt64())));
        Add("DD", WriteClusterStats, ReadClusterStats);
        Add("DE", (_, _) => { }, _ => GetCurrentRegions.Instance);
        Add("DF", (w, m) => WriteStrings(w, m.Regions.Select(address => address.ToString()).ToList()),
            r => new CurrentRegions(ReadStrings(r).Select(Address.Parse).ToImmutableHashSet()));
        Add("DG", (_, _) => { }, _ => GetShardRegionState.Instance);
        Add("DH", WriteShardState, ReadShardState);
        Add("DI", WriteRegionState, ReadRegionState);
    }

    private void AddEntityMessages()
    {
        Add("EA", (w, m) => w.Write(m.EntityId), r => new ShardRegion.StartEntity(r.ReadString()));
        Add("EB", (w, m) => { w.Write(m.EntityId); w.Write(m.ShardId); }, r => new StartEntityAck(r.ReadString(), r.ReadString()));
        Add("EC", WriteEnvelope, ReadEnvelope);
        Add("FA", (w, m) => WriteStrings(w, m.Entities), r => new ShardEntitiesStore.EntitiesRemembered([.. ReadStrings(r)]));
        Add("FB", (w, m) => WriteStrings(w, m.Entities), r => new ShardEntitiesStore.EntitiesStarted([.. ReadStrings(r)]));
        Add("FC", (w, m) => WriteStrings(w, m.Entities), r => new ShardEntitiesStore.EntitiesStopped([.. ReadStrings(r)]));
    }

    private void Add<T>(string manifest, Action<BinaryWriter, T> write, Func<BinaryReader, T> read)
        where T : class
    {
        var codec = new Codec(manifest, (writer, message) => write(writer, (T)message), read);
        _byType.Add(typeof(T), codec);
        _byManifest.Add(manifest, codec);
    }

    private static void WriteRef(BinaryWriter writer, IActorRef actor) => writer.Write(Akka.Serialization.Serialization.SerializedActorPath(actor));

    private IActorRef ReadRef(BinaryReader reader) => system.Provider.ResolveActorRef(reader.ReadString());

    private static void WriteShardAndRef(BinaryWriter writer, string shard, IActorRef actor)
    {
        writer.Write(shard);
        WriteRef(writer, actor);
    }

    private static void WriteRegister(BinaryWriter writer, Register message)
    {
        WriteRef(writer, message.Region);
        WriteStrings(writer, message.RunningShards);
    }

    private static void WriteStrings(BinaryWriter writer, IReadOnlyCollection<string> strings)
    {
        writer.Write7BitEncodedInt(strings.Count);
        foreach (var text in strings)
            writer.Write(text);
    }

    private static List<string> ReadStrings(BinaryReader reader)
    {
        var count = reader.Read7BitEncodedInt();
        var strings = new List<string>(Math.Min(count, 1024));
        for (var i = 0; i < count; i++)
            strings.Add(reader.ReadString());
        return strings;
    }

    private static void WriteState(BinaryWriter writer, CoordinatorState state)
    {
        writer.Write7BitEncodedInt(state.Regions.Count);
        foreach (var (region, shards) in state.Regions)
        {
            WriteRef(writer, region);
            WriteStrings(writer, shards);
        }

        writer.Write7BitEncodedInt(state.Proxies.Count);
        foreach (var proxy in state.Proxies)
            WriteRef(writer, proxy);
        WriteStrings(writer, state.Homeless);
    }

    private CoordinatorState ReadState(BinaryReader reader)
    {
        var state = CoordinatorState.Empty;
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
        {
            var region = ReadRef(reader);
            state = state.Updated(new ShardRegionRegistered(region));
            foreach (var shard in ReadStrings(reader))
                state = state.Updated(new ShardHomeAllocated(shard, region));
        }

        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            state = state.Updated(new ShardRegionProxyRegistered(ReadRef(reader)));
        // states of earlier versions end here
        return reader.BaseStream.Position < reader.BaseStream.Length ? state with { Homeless = [.. ReadStrings(reader)] } : state;
    }

    private static void WriteRegionStats(BinaryWriter writer, ShardRegionStats stats)
    {
        writer.Write7BitEncodedInt(stats.Stats.Count);
        foreach (var (shard, entities) in stats.Stats)
        {
            writer.Write(shard);
            writer.Write7BitEncodedInt(entities);
        }

        WriteStrings(writer, stats.Failed.ToList());
    }

    private static ShardRegionStats ReadRegionStats(BinaryReader reader)
    {
        var stats = ImmutableDictionary.CreateBuilder<string, int>();
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            stats.Add(reader.ReadString(), reader.Read7BitEncodedInt());
        return new ShardRegionStats(stats.ToImmutable(), ReadStrings(reader).ToImmutableHashSet());
    }

    private static void WriteClusterStats(BinaryWriter writer, ClusterShardingStats stats)
    {
        writer.Write7BitEncodedInt(stats.Regions.Count);
        foreach (var (address, region) in stats.Regions)
        {
            writer.Write(address.ToString());
            WriteRegionStats(writer, region);
        }
    }

    private static ClusterShardingStats ReadClusterStats(BinaryReader reader)
    {
        var regions = ImmutableDictionary.CreateBuilder<Address, ShardRegionStats>();
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            regions.Add(Address.Parse(reader.ReadString()), ReadRegionStats(reader));
        return new ClusterShardingStats(regions.ToImmutable());
    }

    private static void WriteShardState(BinaryWriter writer, ShardState state)
    {
        writer.Write(state.ShardId);
        WriteStrings(writer, state.EntityIds.ToList());
    }

    private static ShardState ReadShardState(BinaryReader reader) => new(reader.ReadString(), ReadStrings(reader).ToImmutableHashSet());

    private static void WriteRegionState(BinaryWriter writer, CurrentShardRegionState state)
    {
        writer.Write7BitEncodedInt(state.Shards.Count);
        foreach (var shard in state.Shards)
            WriteShardState(writer, shard);
        WriteStrings(writer, state.Failed.ToList());
    }

    private static CurrentShardRegionState ReadRegionState(BinaryReader reader)
    {
        var shards = ImmutableHashSet.CreateBuilder<ShardState>();
        for (var left = reader.Read7BitEncodedInt(); left > 0; left--)
            shards.Add(ReadShardState(reader));
        return new CurrentShardRegionState(shards.ToImmutable(), ReadStrings(reader).ToImmutableHashSet());
    }

    private void WriteEnvelope(BinaryWriter writer, ShardingEnvelope envelope)
    {
        var serializer = system.Serialization.FindSerializerFor(envelope.Message);
        var payload = serializer.ToBinary(envelope.Message);
        writer.Write(envelope.EntityId);
        writer.Write(serializer.Identifier);
        writer.Write(Akka.Serialization.Serialization.ManifestFor(serializer, envelope.Message));
        writer.Write7BitEncodedInt(payload.Length);
        writer.Write(payload);
    }

    private ShardingEnvelope ReadEnvelope(BinaryReader reader)
    {
        var entityId = reader.ReadString();
        var serializerId = reader.ReadInt32();
        var manifest = reader.ReadString();
        var payload = reader.ReadBytes(reader.Read7BitEncodedInt());
        return new ShardingEnvelope(entityId, system.Serialization.Deserialize(payload, serializerId, manifest));
    }

    private sealed record Codec(string Manifest, Action<BinaryWriter, object> Write, Func<BinaryReader, object> Read);
}
