using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Serialization;
using Akka.Util;
using static Akka.Cluster.InternalClusterAction;

namespace Akka.Cluster.Serialization;

/// <summary>Serializer (id 5) of the messages between cluster daemons; the gossip in a compact form with tables of nodes and strings.</summary>
internal sealed class ClusterMessageSerializer : SerializerWithStringManifest
{
    private const string JoinManifest = "Akka.Cluster.InternalClusterAction+Join, Akka.Cluster";
    private const string WelcomeManifest = "Akka.Cluster.InternalClusterAction+Welcome, Akka.Cluster";
    private const string LeaveManifest = "Akka.Cluster.ClusterUserAction+Leave, Akka.Cluster";
    private const string DownManifest = "Akka.Cluster.ClusterUserAction+Down, Akka.Cluster";
    private const string InitJoinManifest = "Akka.Cluster.InternalClusterAction+InitJoin, Akka.Cluster";
    private const string InitJoinAckManifest = "Akka.Cluster.InternalClusterAction+InitJoinAck, Akka.Cluster";
    private const string InitJoinNackManifest = "Akka.Cluster.InternalClusterAction+InitJoinNack, Akka.Cluster";
    private const string ExitingConfirmedManifest = "Akka.Cluster.InternalClusterAction+ExitingConfirmed, Akka.Cluster";
    private const string GossipEnvelopeManifest = "Akka.Cluster.GossipEnvelope, Akka.Cluster";
    private const string GossipStatusManifest = "Akka.Cluster.GossipStatus, Akka.Cluster";
    private const string HeartbeatManifest = "HB";
    private const string HeartbeatRspManifest = "HBR";

    public ClusterMessageSerializer(ExtendedActorSystem system) : base(system) { }

    public override int Identifier => 5;

    public override string Manifest(object o) => o switch
    {
        Heartbeat => HeartbeatManifest,
        HeartbeatRsp => HeartbeatRspManifest,
        GossipEnvelope => GossipEnvelopeManifest,
        GossipStatus => GossipStatusManifest,
        Join => JoinManifest,
        Welcome => WelcomeManifest,
        ClusterUserAction.Leave => LeaveManifest,
        ClusterUserAction.Down => DownManifest,
        InitJoin => InitJoinManifest,
        InitJoinAck => InitJoinAckManifest,
        InitJoinNack => InitJoinNackManifest,
        ExitingConfirmed => ExitingConfirmedManifest,
        _ => throw Unknown(o.GetType().ToString()),
    };

    public override byte[] ToBinary(object obj)
    {
        using var stream = new MemoryStream(256);
        using var writer = new BinaryWriter(stream);
        switch (obj)
        {
            case Heartbeat m:
                WriteAddress(writer, m.From);
                writer.Write7BitEncodedInt64(m.SequenceNr);
                writer.Write7BitEncodedInt64(m.CreationTimeNanos);
                break;
            case HeartbeatRsp m:
                WriteNode(writer, m.From);
                writer.Write7BitEncodedInt64(m.SequenceNr);
                writer.Write7BitEncodedInt64(m.CreationTimeNanos);
                break;
            case GossipEnvelope m:
                WriteNode(writer, m.From);
                WriteNode(writer, m.To);
                GossipCodec.Write(writer, m.Gossip);
                break;
            case GossipStatus m:
                WriteNode(writer, m.From);
                GossipCodec.WriteClock(writer, m.Version);
                break;
            case Join m:
                WriteNode(writer, m.Node);
                writer.Write(m.AppVersion.Version);
                writer.Write7BitEncodedInt(m.Roles.Count);
                foreach (var role in m.Roles) writer.Write(role);
                break;
            case Welcome m:
                WriteNode(writer, m.From);
                GossipCodec.Write(writer, m.Gossip);
                break;
            case ClusterUserAction.BaseClusterUserAction m: WriteAddress(writer, m.Address); break;
            case InitJoinAck m: WriteAddress(writer, m.Address); break;
            case InitJoinNack m: WriteAddress(writer, m.Address); break;
            case ExitingConfirmed m: WriteNode(writer, m.Address); break;
            case InitJoin: break;
            default: throw Unknown(obj.GetType().ToString());
        }
        writer.Flush();
        return stream.ToArray();
    }

    public override object FromBinary(byte[] bytes, string manifest)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes, writable: false));
        return manifest switch
        {
            HeartbeatManifest => new Heartbeat(ReadAddress(reader), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64()),
            HeartbeatRspManifest => new HeartbeatRsp(ReadNode(reader), reader.Read7BitEncodedInt64(), reader.Read7BitEncodedInt64()),
            GossipEnvelopeManifest => new GossipEnvelope(ReadNode(reader), ReadNode(reader), GossipCodec.Read(reader)),
            GossipStatusManifest => new GossipStatus(ReadNode(reader), GossipCodec.ReadClock(reader)),
            JoinManifest => ReadJoin(reader),
            WelcomeManifest => new Welcome(ReadNode(reader), GossipCodec.Read(reader)),
            LeaveManifest => new ClusterUserAction.Leave(ReadAddress(reader)),
            DownManifest => new ClusterUserAction.Down(ReadAddress(reader)),
            InitJoinManifest => InitJoin.Instance,
            InitJoinAckManifest => new InitJoinAck(ReadAddress(reader)),
            InitJoinNackManifest => new InitJoinNack(ReadAddress(reader)),
            ExitingConfirmedManifest => new ExitingConfirmed(ReadNode(reader)),
            _ => throw Unknown(manifest),
        };
    }

    private static Join ReadJoin(BinaryReader reader)
    {
        var node = ReadNode(reader);
        var version = AppVersion.Create(reader.ReadString());
        var roles = ImmutableHashSet.CreateBuilder<string>();
        for (var n = reader.Read7BitEncodedInt(); n > 0; n--) roles.Add(reader.ReadString());
        return new Join(node, roles.ToImmutable(), version);
    }

    private static void WriteNode(BinaryWriter writer, UniqueAddress node)
    {
        WriteAddress(writer, node.Address);
        writer.Write(node.Uid);
    }

    private static UniqueAddress ReadNode(BinaryReader reader) => new(ReadAddress(reader), reader.ReadInt32());

    private static void WriteAddress(BinaryWriter writer, Address address)
    {
        writer.Write(address.Protocol);
        writer.Write(address.System);
        writer.Write(address.Host ?? "");
        writer.Write7BitEncodedInt(address.Port ?? 0);
    }

    private static Address ReadAddress(BinaryReader reader)
    {
        var (protocol, system, host, port) = (reader.ReadString(), reader.ReadString(), reader.ReadString(), reader.Read7BitEncodedInt());
        return host.Length == 0 ? new Address(protocol, system) : new Address(protocol, system, host, port);
    }

    private static SerializationException Unknown(string what) => new($"Can't serialize or deserialize [{what}] in [{nameof(ClusterMessageSerializer)}]");
}
