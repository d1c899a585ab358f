using System.Collections.Concurrent;
using System.Text;

namespace Mooring.Storage.Ceph;

/// <summary>
/// One object's name for each placement group of a pool, to reach them all with one request each. Ceph places an object by Bob Jenkins' hash of
/// its name (lookup2, 1996), reduced to the number of placement groups so that most objects stay when that number grows.
/// </summary>
internal static class PlacementGroups
{
    private static readonly ConcurrentDictionary<int, string[]> Names = new();

    /// <summary>A name for each placement group of a pool that has so many.</summary>
    public static IReadOnlyList<string> NamesFor(int count) => Names.GetOrAdd(count, Find);

    /// <summary>The placement group of an object in the default namespace of a pool.</summary>
    public static int Of(string name, int count)
    {
        var mask = count <= 1 ? 0u : (uint)((1L << (32 - System.Numerics.BitOperations.LeadingZeroCount((uint)count - 1))) - 1);
        var hash = Hash(Encoding.UTF8.GetBytes(name));
        return (int)((hash & mask) < count ? hash & mask : hash & (mask >> 1));
    }

    private static string[] Find(int count)
    {
        var names = new string[count];
        for (int found = 0, i = 0; found < count; i++)
        {
            var name = $"mooring.barrier.{i}";
            ref var slot = ref names[Of(name, count)];
            if (slot is null)
                found++;
            slot ??= name;
        }
        return names;
    }

    private static uint Hash(ReadOnlySpan<byte> key)
    {
        uint a = 0x9e3779b9, b = a, c = 0;
        var rest = key;
        for (; rest.Length >= 12; rest = rest[12..])
        {
            a += Word(rest);
            b += Word(rest[4..]);
            c += Word(rest[8..]);
            Mix(ref a, ref b, ref c);
        }
        // The lowest byte of the last word is the length's.
        a += Word(rest);
        b += rest.Length > 4 ? Word(rest[4..]) : 0;
        c += (uint)key.Length + (rest.Length > 8 ? Word(rest[8..]) << 8 : 0);
        Mix(ref a, ref b, ref c);
        return c;
    }

    // Little-endian; bytes beyond the end count as zero.
    private static uint Word(ReadOnlySpan<byte> bytes)
    {
        var word = 0u;
        for (var i = 0; i < Math.Min(4, bytes.Length); i++)
            word |= (uint)bytes[i] << (8 * i);
        return word;
    }

    private static void Mix(ref uint a, ref uint b, ref uint c)
    {
        Turn(ref a, ref b, ref c, 13, 8, 13);
        Turn(ref a, ref b, ref c, 12, 16, 5);
        Turn(ref a, ref b, ref c, 3, 10, 15);
    }

    private static void Turn(ref uint a, ref uint b, ref uint c, int first, int second, int third)
    {
        a = (a - b - c) ^ (c >> first);
        b = (b - c - a) ^ (a << second);
        c = (c - a - b) ^ (b >> third);
    }
}
