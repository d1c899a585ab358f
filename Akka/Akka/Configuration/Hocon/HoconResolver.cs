namespace Akka.Configuration.Hocon;

/// <summary>
/// Gives every substitution its value once the whole document is there. A value that is made of unset optional substitutions
/// gives way to what its key held before, or disappears.
/// </summary>
internal sealed class HoconResolver
{
    private readonly HoconDocument _document;
    private readonly HashSet<HoconValue> _pending;
    private readonly HashSet<HoconValue> _inProgress = new(ReferenceEqualityComparer.Instance);

    public HoconResolver(HoconDocument document)
    {
        _document = document;
        _pending = new HashSet<HoconValue>(document.Pending.Select(pending => pending.Value), ReferenceEqualityComparer.Instance);
    }

    public void ResolveAll()
    {
        if (_document.Pending.Count == 0) return;
        foreach (var (parent, key, list, value) in _document.Pending)
        {
            Resolve(value);
            if (value.Values.Count > 0) continue;
            list?.Remove(value);
            if (parent is not null && parent.Items.TryGetValue(key, out var current) && ReferenceEquals(current, value)) parent.Items.Remove(key);
        }

        RefuseCycles(_document.Root, new HashSet<HoconValue>(ReferenceEqualityComparer.Instance), new HashSet<HoconValue>(ReferenceEqualityComparer.Instance));
    }

    private void Resolve(HoconValue value)
    {
        if (!_pending.Contains(value)) return;
        if (!_inProgress.Add(value)) throw new ConfigurationException($"HOCON line {value.Line}: a substitution refers to itself.");

        if (value.Overridden is { } overridden) Resolve(overridden);
        foreach (var element in value.Values)
        {
            if (element is HoconSubstitution substitution) Resolve(substitution);
        }

        Settle(value);
        _pending.Remove(value);
        _inProgress.Remove(value);
    }

    private void Resolve(HoconSubstitution substitution)
    {
        var found = substitution.IsSelf ? Settled(substitution.Previous) : Lookup(substitution);
        found ??= FromEnvironment(substitution.Path);
        if (found is null && !substitution.IsOptional)
            throw new ConfigurationException($"HOCON line {substitution.Line}: the substitution ${{{substitution.Path}}} has no value.");
        substitution.ResolvedValue = found!;
    }

    private HoconValue? Lookup(HoconSubstitution substitution)
    {
        if (substitution.IncludedAt.Length > 0 && Lookup($"{substitution.IncludedAt}.{substitution.Path}") is { } near) return near;
        return Lookup(substitution.Path);
    }

    private HoconValue? Lookup(string path)
    {
        var rest = path.AsSpan();
        var current = _document.Root;
        while (rest.Length > 0)
        {
            var key = HoconPath.Next(ref rest);
            if (current.GetObject()?.Find(key) is not { } child) return null;
            if (Settled(child) is not { } settled) return null;
            current = settled;
        }

        return current;
    }

    private HoconValue? Settled(HoconValue? value)
    {
        if (value is null) return null;
        Resolve(value);
        return value.Values.Count == 0 ? null : value;
    }

    private static HoconValue? FromEnvironment(string path)
    {
        if (Environment.GetEnvironmentVariable(path) is not { } text) return null;
        var value = new HoconValue();
        value.AppendValue(new HoconLiteral { Value = text });
        return value;
    }

    /// <summary>Drops what has no value and keeps parts of one kind: the last one decides whether it is text, list or object.</summary>
    private static void Settle(HoconValue value)
    {
        var parts = value.Values.Where(part => part is not HoconSubstitution { ResolvedValue: null }).ToList();
        if (parts.All(part => part is HoconLiteral { IsBlank: true })) parts.Clear();
        if (parts.Exists(part => KindOf(part) != Kind.Text)) parts.RemoveAll(part => part is HoconLiteral { IsBlank: true });
        if (parts.Count > 0)
        {
            var kind = KindOf(parts[^1]);
            var keepFrom = parts.FindLastIndex(part => KindOf(part) != kind) + 1;
            parts.RemoveRange(0, keepFrom);
            if (kind == Kind.Object && value.Overridden?.GetObject() is { } before) parts.Insert(0, before);
        }
        else if (value.Overridden is { } overridden)
        {
            parts.AddRange(overridden.Values);
        }

        value.Clear();
        foreach (var part in parts) value.AppendValue(part);
        value.Overridden = null;
    }

    private static Kind KindOf(IHoconElement element) => element switch
    {
        HoconObject => Kind.Object,
        HoconArray => Kind.List,
        HoconSubstitution substitution when substitution.IsObject() => Kind.Object,
        HoconSubstitution substitution when substitution.IsArray() => Kind.List,
        _ => Kind.Text,
    };

    private static void RefuseCycles(HoconValue value, HashSet<HoconValue> above, HashSet<HoconValue> done)
    {
        if (done.Contains(value)) return;
        if (!above.Add(value)) throw new ConfigurationException($"HOCON line {value.Line}: a substitution contains itself.");
        foreach (var element in value.Values)
        {
            switch (element)
            {
                case HoconSubstitution { ResolvedValue: { } target }:
                    RefuseCycles(target, above, done);
                    break;
                case HoconArray array:
                    foreach (var item in array) RefuseCycles(item, above, done);
                    break;
                case HoconObject fields:
                    foreach (var (_, item) in fields.Items) RefuseCycles(item, above, done);
                    break;
            }
        }

        above.Remove(value);
        done.Add(value);
    }

    private enum Kind
    {
        Text,
        List,
        Object,
    }
}
