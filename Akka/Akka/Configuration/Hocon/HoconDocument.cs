namespace Akka.Configuration.Hocon;

/// <summary>A document while it is read: its tree, and what is to be resolved when all of it is there.</summary>
internal sealed class HoconDocument
{
    public HoconDocument() => Root.AppendValue(Fields);

    public HoconObject Fields { get; } = new();

    public HoconValue Root { get; } = new();

    public List<HoconSubstitution> Substitutions { get; } = [];

    public List<HoconPending> Pending { get; } = [];

    /// <summary>Takes an included document in at a place of this one. What it sets wins over what was there before.</summary>
    public void Include(HoconDocument other, HoconObject target, string path)
    {
        foreach (var substitution in other.Substitutions)
            substitution.IncludedAt = substitution.IncludedAt.Length == 0 ? path : $"{path}.{substitution.IncludedAt}";
        Substitutions.AddRange(other.Substitutions);
        Pending.AddRange(other.Pending.Select(pending => pending.Parent == other.Fields ? pending with { Parent = target } : pending));
        Merge(target, other.Fields);
    }

    private void Merge(HoconObject target, HoconObject source)
    {
        foreach (var (key, theirs) in source.Items)
        {
            if (!target.Items.TryGetValue(key, out var mine))
            {
                target.Items[key] = theirs;
            }
            else if (mine.Values is [HoconObject left] && theirs.Values is [HoconObject right] && theirs.Overridden is null)
            {
                Merge(left, right);
            }
            else
            {
                theirs.Overridden ??= mine;
                Pending.Add(new HoconPending(target, key, null, theirs));
                target.Items[key] = theirs;
            }
        }
    }
}

/// <summary>A value that is final only when all substitutions are resolved, and where it stands.</summary>
internal readonly record struct HoconPending(HoconObject? Parent, string Key, HoconArray? List, HoconValue Value);
