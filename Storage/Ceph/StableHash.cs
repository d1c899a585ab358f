using System.Text;

namespace Mooring.Storage.Ceph;

/// <summary>A hash that is the same in every process and version (FNV-1a, 32 bits): it is part of where things are stored.</summary>
internal static class StableHash
{
    public static uint Of(string text)
    {
        var hash = 2166136261u;
        foreach (var b in Encoding.UTF8.GetBytes(text))
            hash = (hash ^ b) * 16777619u;
        // FNV's low bits alone are weak for short texts that differ in one place.
        return hash ^ (hash >> 15);
    }
}
