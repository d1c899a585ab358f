using System.Collections.Concurrent;

namespace Akka.Serialization;

/// <summary>
/// Which serializer is for which type. The list is kept with subtypes in front of what they derive from, so that the first
/// binding that fits is the most specific one; what was found is remembered for each type.
/// </summary>
internal sealed class SerializerBindings
{
    private readonly Lock _gate = new();
    private List<(Type Type, Serializer Serializer)> _bindings = [];
    private volatile ConcurrentDictionary<Type, Serializer?> _found = new();

    public void Add(Type type, Serializer serializer)
    {
        lock (_gate)
        {
            var bindings = _bindings.Where(binding => binding.Type != type).ToList();
            var firstBase = bindings.FindIndex(binding => binding.Type.IsAssignableFrom(type));
            bindings.Insert(firstBase < 0 ? bindings.Count : firstBase, (type, serializer));
            _bindings = bindings;
            _found = new ConcurrentDictionary<Type, Serializer?>();
        }
    }

    public Serializer? Find(Type type)
    {
        var found = _found;
        return found.TryGetValue(type, out var serializer) ? serializer : found.GetOrAdd(type, Search);
    }

    private Serializer? Search(Type type)
    {
        lock (_gate)
        {
            foreach (var (bound, serializer) in _bindings)
            {
                if (bound.IsAssignableFrom(type)) return serializer;
            }

            return null;
        }
    }
}
