using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Mooring.Harness;

/// <summary>The keys of a Ceph and what each of them is good for.</summary>
internal static class CephKeyring
{
    // What README.md and docs/virtual-ip.md tell operators to give Mooring.
    public const string MooringOnMonitors = "profile rbd";

    private const string MooringOnOsds = "profile rbd";

    /// <summary>A keyring file with new keys for everybody.</summary>
    /// <param name="osdCount">How many OSDs there are.</param>
    /// <returns>Its text.</returns>
    public static string New(int osdCount)
    {
        var text = new StringBuilder();
        Add("mon.", ("mon", "allow *"));
        Add("client.admin", ("mon", "allow *"), ("osd", "allow *"), ("mgr", "allow *"), ("mds", "allow *"));
        Add("client.mooring", ("mon", MooringOnMonitors), ("osd", MooringOnOsds));
        Add("mgr.x", ("mon", "allow profile mgr"), ("osd", "allow *"), ("mds", "allow *"));
        for (var i = 0; i < osdCount; i++)
            Add($"osd.{i}", ("mon", "allow profile osd"), ("osd", "allow *"), ("mgr", "allow profile osd"));
        return text.ToString();

        void Add(string name, params (string Of, string May)[] caps)
        {
            text.Append('[').Append(name).Append("]\n\tkey = ").Append(Key()).Append('\n');
            foreach (var (of, may) in caps)
                text.Append("\tcaps ").Append(of).Append(" = \"").Append(may).Append("\"\n");
        }
    }

    // Its kind (AES), when it was made, its length, and the key itself.
    private static string Key()
    {
        const int length = 16;
        Span<byte> key = stackalloc byte[12 + length];
        key.Clear();
        BinaryPrimitives.WriteUInt16LittleEndian(key, 1);
        BinaryPrimitives.WriteUInt32LittleEndian(key[2..], (uint)DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        BinaryPrimitives.WriteUInt16LittleEndian(key[10..], length);
        RandomNumberGenerator.Fill(key[12..]);
        return Convert.ToBase64String(key);
    }
}
