using System.Numerics;

namespace Akka.Util;

/// <summary>
/// The Murmur variant that sharding and consistent hashing use. The numbers are part of the contract: two nodes must give
/// the same shard to the same entity.
/// </summary>
public static class MurmurHash
{
    public const uint StartMagicA = 0x95543787;
    public const uint StartMagicB = 0x2ad7eb25;

    private const uint VisibleMagic = 0x971e137b;
    private const uint VisibleMixer = 0x52dce729;
    private const uint MixerA = 0x7b7d159c;
    private const uint MixerB = 0x6bce6396;
    private const uint FinalMixer1 = 0x85ebca6b;
    private const uint FinalMixer2 = 0xc2b2ae35;
    private const uint SeedString = 0xf7ca7fd2;
    private const uint SeedArray = 0x3c074a61;

    public static uint StartHash(uint seed) => seed ^ VisibleMagic;

    public static uint NextMagicA(uint magicA) => unchecked(magicA * 5 + MixerA);

    public static uint NextMagicB(uint magicB) => unchecked(magicB * 5 + MixerB);

    public static uint ExtendHash(uint hash, uint value, uint magicA, uint magicB) =>
        unchecked((hash ^ BitOperations.RotateLeft(value * magicA, 11) * magicB) * 3 + VisibleMixer);

    public static uint FinalizeHash(uint hash)
    {
        unchecked
        {
            hash ^= hash >> 16;
            hash *= FinalMixer1;
            hash ^= hash >> 13;
            hash *= FinalMixer2;
            return hash ^ (hash >> 16);
        }
    }

    public static int ByteHash(byte[] b) => ArrayHash(b);

    public static int ArrayHash<T>(T[] a)
    {
        unchecked
        {
            var h = StartHash((uint)a.Length * SeedArray);
            var magicA = StartMagicA;
            var magicB = StartMagicB;
            foreach (var item in a)
            {
                h = ExtendHash(h, (uint)(item?.GetHashCode() ?? 0), magicA, magicB);
                magicA = NextMagicA(magicA);
                magicB = NextMagicB(magicB);
            }

            return (int)FinalizeHash(h);
        }
    }

    public static int StringHash(string s)
    {
        unchecked
        {
            var h = StartHash((uint)s.Length * SeedString);
            var magicA = StartMagicA;
            var magicB = StartMagicB;
            var i = 0;
            for (; i + 1 < s.Length; i += 2)
            {
                h = ExtendHash(h, ((uint)s[i] << 16) + s[i + 1], magicA, magicB);
                magicA = NextMagicA(magicA);
                magicB = NextMagicB(magicB);
            }

            if (i < s.Length) h = ExtendHash(h, s[i], magicA, magicB);
            return (int)FinalizeHash(h);
        }
    }

    /// <summary>A hash that does not depend on the order of the items.</summary>
    public static int SymmetricHash<T>(IEnumerable<T> xs, uint seed)
    {
        unchecked
        {
            uint sum = 0, xor = 0, count = 0, product = 1;
            foreach (var x in xs)
            {
                var hash = (uint)(x?.GetHashCode() ?? 0);
                sum += hash;
                xor ^= hash;
                if (hash != 0) product *= hash;
                count++;
            }

            var magicA = StartMagicA;
            var magicB = StartMagicB;
            var h = ExtendHash(StartHash(seed * count), sum, magicA, magicB);
            magicA = NextMagicA(magicA);
            magicB = NextMagicB(magicB);
            h = ExtendHash(h, xor, magicA, magicB);
            magicA = NextMagicA(magicA);
            magicB = NextMagicB(magicB);
            return (int)FinalizeHash(ExtendHash(h, product, magicA, magicB));
        }
    }
}
