using System.Collections.Immutable;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Util;

namespace Akka.Cluster.Serialization;

/// <summary>
/// The gossip as bytes: a format number, the distinct strings, the distinct nodes (by string indexes), then members, seen,
/// reachability, clock and tombstones (by node indexes). Extend by appending; readers ignore what follows.
/// </summary>
internal static class GossipCodec
{
    private const byte Format = 1;

    public static void Write(BinaryWriter writer, Gossip gossip)
    {
        var tables = new Tables();
        foreach (var member in gossip.Members)
        {
            tables.Add(member.UniqueAddress);
            tables.Add(member.AppVersion.Version);
            foreach (var role in member.Roles) tables.Add(role);
        }
        foreach (var node in gossip.Seen) tables.Add(node);
        foreach (var node in gossip.Reachability.Versions.Keys) tables.Add(node);
        foreach (var record in gossip.Reachability.Records)
        {
            tables.Add(record.Observer);
            tables.Add(record.Subject);
        }
        foreach (var node in gossip.Tombstones.Keys) tables.Add(node);

        writer.Write(Format);
        tables.Write(writer);
        writer.Write7BitEncodedInt(gossip.Members.Count);
        foreach (var member in gossip.Members)
        {
            writer.Write7BitEncodedInt(tables.Index(member.UniqueAddress));
            // Not yet up is the common large number: as zero it takes one byte.
            writer.Write7BitEncodedInt(member.UpNumber == int.MaxValue ? 0 : member.UpNumber + 1);
            writer.Write((byte)member.Status);
            writer.Write7BitEncodedInt(tables.Index(member.AppVersion.Version));
            writer.Write7BitEncodedInt(member.Roles.Count);
            foreach (var role in member.Roles) writer.Write7BitEncodedInt(tables.Index(role));
        }
        writer.Write7BitEncodedInt(gossip.Seen.Count);
        foreach (var node in gossip.Seen) writer.Write7BitEncodedInt(tables.Index(node));
        WriteReachability(writer, gossip.Reachability, tables);
        WriteClock(writer, gossip.Version);
        writer.Write7BitEncodedInt(gossip.Tombstones.Count);
        foreach (var (node, removedAt) in gossip.Tombstones)
        {
            writer.Write7BitEncodedInt(tables.Index(node));
            writer.Write(removedAt);
        }
    }

    public static Gossip Read(BinaryReader reader)
    {
        var format = reader.ReadByte();
        if (format != Format) throw new SerializationException($"Gossip of unknown format {format}");
        var (strings, nodes) = Tables.Read(reader);
        var members = ImmutableSortedSet.CreateBuilder<Member>();
        for (var n = reader.Read7BitEncodedInt(); n > 0; n--)
        {
            var node = nodes[reader.Read7BitEncodedInt()];
            var upNumber = reader.Read7BitEncodedInt();
            var status = (MemberStatus)reader.ReadByte();
            if (!Enum.IsDefined(status)) throw new SerializationException($"Unknown member status {status}");
            var version = AppVersion.Create(strings[reader.Read7BitEncodedInt()]);
            var roles = ImmutableHashSet.CreateBuilder<string>();
            for (var r = reader.Read7BitEncodedInt(); r > 0; r--) roles.Add(strings[reader.Read7BitEncodedInt()]);
            members.Add(Member.Create(node, upNumber == 0 ? int.MaxValue : upNumber - 1, status, roles.ToImmutable(), version));
        }
        var seen = ImmutableHashSet.CreateBuilder<UniqueAddress>();
        for (var n = reader.Read7BitEncodedInt(); n > 0; n--) seen.Add(nodes[reader.Read7BitEncodedInt()]);
        var reachability = ReadReachability(reader, nodes);
        var clock = ReadClock(reader);
        var tombstones = ImmutableDictionary.CreateBuilder<UniqueAddress, long>();
        for (var n = reader.Read7BitEncodedInt(); n > 0; n--) tombstones[nodes[reader.Read7BitEncodedInt()]] = reader.ReadInt64();
        return new Gossip(members.ToImmutable(), new GossipOverview(seen.ToImmutable(), reachability), clock, tombstones.ToImmutable());
    }

    public static void WriteClock(BinaryWriter writer, VectorClock clock)
    {
        writer.Write7BitEncodedInt(clock.Versions.Count);
        foreach (var (node, version) in clock.Versions)
        {
            writer.Write(node.ToString());
            writer.Write7BitEncodedInt64(version);
        }
    }

    public static VectorClock ReadClock(BinaryReader reader)
    {
        var versions = ImmutableSortedDictionary.CreateBuilder<VectorClock.Node, long>();
        for (var n = reader.Read7BitEncodedInt(); n > 0; n--)
        {
            var node = VectorClock.Node.FromHash(reader.ReadString());
            versions[node] = reader.Read7BitEncodedInt64();
        }
        return VectorClock.Create(versions.ToImmutable());
    }

    private static void WriteReachability(BinaryWriter writer, Reachability reachability, Tables tables)
    {
        writer.Write7BitEncodedInt(reachability.Versions.Count);
        foreach (var (observer, version) in reachability.Versions)
        {
            writer.Write7BitEncodedInt(tables.Index(observer));
            writer.Write7BitEncodedInt64(version);
        }
        writer.Write7BitEncodedInt(reachability.Records.Count);
        foreach (var record in reachability.Records)
        {
            writer.Write7BitEncodedInt(tables.Index(record.Observer));
            writer.Write7BitEncodedInt(tables.Index(record.Subject));
            writer.Write((byte)record.Status);
            writer.Write7BitEncodedInt64(record.Version);
        }
    }

    private static Reachability ReadReachability(BinaryReader reader, UniqueAddress[] nodes)
    {
        var versions = ImmutableDictionary.CreateBuilder<UniqueAddress, long>();
        for (var n = reader.Read7BitEncodedInt(); n > 0; n--)
        {
            var observer = nodes[reader.Read7BitEncodedInt()];
            versions[observer] = reader.Read7BitEncodedInt64();
        }
        var records = ImmutableList.CreateBuilder<Reachability.Record>();
        for (var n = reader.Read7BitEncodedInt(); n > 0; n--)
        {
            var (observer, subject) = (nodes[reader.Read7BitEncodedInt()], nodes[reader.Read7BitEncodedInt()]);
            records.Add(new Reachability.Record(observer, subject, (ReachabilityStatus)reader.ReadByte(), reader.Read7BitEncodedInt64()));
        }
        return records.Count == 0 && versions.Count == 0 ? Reachability.Empty : new Reachability(records.ToImmutable(), versions.ToImmutable());
    }

    private sealed class Tables
    {
        private readonly Dictionary<string, int> _strings = new(StringComparer.Ordinal);
        private readonly Dictionary<UniqueAddress, int> _nodes = [];

        public void Add(string s) => _strings.TryAdd(s, _strings.Count);

        public void Add(UniqueAddress node)
        {
            if (!_nodes.TryAdd(node, _nodes.Count)) return;
            Add(node.Address.Protocol);
            Add(node.Address.System);
            Add(node.Address.Host ?? "");
        }

        public int Index(string s) => _strings[s];

        public int Index(UniqueAddress node) => _nodes[node];

        public void Write(BinaryWriter writer)
        {
            writer.Write7BitEncodedInt(_strings.Count);
            foreach (var s in _strings.OrderBy(s => s.Value)) writer.Write(s.Key);
            writer.Write7BitEncodedInt(_nodes.Count);
            foreach (var (node, _) in _nodes.OrderBy(n => n.Value))
            {
                writer.Write7BitEncodedInt(Index(node.Address.Protocol));
                writer.Write7BitEncodedInt(Index(node.Address.System));
                writer.Write7BitEncodedInt(Index(node.Address.Host ?? ""));
                writer.Write7BitEncodedInt(node.Address.Port ?? 0);
                writer.Write(node.Uid);
            }
        }

        public static (string[] Strings, UniqueAddress[] Nodes) Read(BinaryReader reader)
        {
            var strings = new string[Count(reader)];
            for (var i = 0; i < strings.Length; i++) strings[i] = reader.ReadString();
            var nodes = new UniqueAddress[Count(reader)];
            for (var i = 0; i < nodes.Length; i++)
            {
                var (protocol, system) = (strings[reader.Read7BitEncodedInt()], strings[reader.Read7BitEncodedInt()]);
                var (host, port) = (strings[reader.Read7BitEncodedInt()], reader.Read7BitEncodedInt());
                nodes[i] = new UniqueAddress(new Address(protocol, system, host.Length == 0 ? null : host, port), reader.ReadInt32());
            }
            return (strings, nodes);
        }

        private static int Count(BinaryReader reader)
        {
            var count = reader.Read7BitEncodedInt();
            // Every entry takes at least a byte: a larger number is a broken message, not a reason to allocate.
            if (count < 0 || count > reader.BaseStream.Length - reader.BaseStream.Position) throw new SerializationException($"Invalid table size {count}");
            return count;
        }
    }
}
