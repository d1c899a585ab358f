using System.Collections.Frozen;

namespace Mooring.Operations;

/// <summary>All kinds of reads: every description in this assembly. To add one is to add its file.</summary>
public static class ReadCatalog
{
    private static readonly FrozenDictionary<string, Read> ByKind;

    static ReadCatalog()
    {
        All = [.. typeof(Read).Assembly.GetTypes()
            .Where(type => !type.IsAbstract && type.IsSubclassOf(typeof(Read)))
            .Select(type => (Read)Activator.CreateInstance(type)!)
            .OrderBy(read => read.Kind, StringComparer.Ordinal)];
        ByKind = All.ToFrozenDictionary(read => read.Kind);
    }

    /// <summary>Every kind, in ordinal order of the kinds.</summary>
    public static IReadOnlyList<Read> All { get; }

    /// <summary>The read of a kind.</summary>
    /// <param name="kind">The kind, such as <c>trash.list</c>.</param>
    /// <returns>The read, or null when this version does not know it.</returns>
    public static Read? Find(string kind) => ByKind.GetValueOrDefault(kind);
}
