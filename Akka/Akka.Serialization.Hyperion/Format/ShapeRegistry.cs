using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Net;
using System.Runtime.Serialization;
using Akka.Actor;
using Akka.Util;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>Platform types that are plain data: scalars, collections, tuples, exceptions and little else.</summary>
internal static class PlatformTypes
{
    /// <summary>Collections by generic definition, with the shape that writes them.</summary>
    public static readonly IReadOnlyDictionary<Type, Type> Collections = new Dictionary<Type, Type>
    {
        [typeof(List<>)] = typeof(ListShape<>),
        [typeof(LinkedList<>)] = typeof(LinkedListShape<>),
        [typeof(ReadOnlyCollection<>)] = typeof(ReadOnlyCollectionShape<>),
        [typeof(HashSet<>)] = typeof(HashSetShape<>),
        [typeof(SortedSet<>)] = typeof(SortedSetShape<>),
        [typeof(Queue<>)] = typeof(QueueShape<>),
        [typeof(Stack<>)] = typeof(StackShape<>),
        [typeof(Dictionary<,>)] = typeof(DictionaryShape<,>),
        [typeof(SortedDictionary<,>)] = typeof(SortedDictionaryShape<,>),
        [typeof(ReadOnlyDictionary<,>)] = typeof(ReadOnlyDictionaryShape<,>),
        [typeof(ImmutableArray<>)] = typeof(ImmutableArrayShape<>),
        [typeof(ImmutableList<>)] = typeof(ImmutableListShape<>),
        [typeof(ImmutableQueue<>)] = typeof(ImmutableQueueShape<>),
        [typeof(ImmutableStack<>)] = typeof(ImmutableStackShape<>),
        [typeof(ImmutableHashSet<>)] = typeof(ImmutableHashSetShape<>),
        [typeof(ImmutableSortedSet<>)] = typeof(ImmutableSortedSetShape<>),
        [typeof(ImmutableDictionary<,>)] = typeof(ImmutableDictionaryShape<,>),
        [typeof(ImmutableSortedDictionary<,>)] = typeof(ImmutableSortedDictionaryShape<,>),
    };

    private static readonly HashSet<Type> s_plain = [typeof(object), typeof(DBNull), typeof(IPEndPoint), typeof(DnsEndPoint), typeof(Index), typeof(Range)];

    public static bool IsData(Type type)
    {
        if (type.IsEnum || typeof(Exception).IsAssignableFrom(type) || s_plain.Contains(type))
            return true;
        if (ScalarCodec.All.Any(codec => codec.ValueType == type) || typeof(IPAddress).IsAssignableFrom(type))
            return true;
        if (!type.IsGenericType)
            return false;
        var definition = type.GetGenericTypeDefinition();
        return Collections.ContainsKey(definition)
            || definition == typeof(KeyValuePair<,>)
            || definition == typeof(Nullable<>)
            || IsTuple(definition);
    }

    private static bool IsTuple(Type definition) =>
        definition.Namespace == nameof(System)
        && (definition.Name.StartsWith("ValueTuple`", StringComparison.Ordinal) || definition.Name.StartsWith("Tuple`", StringComparison.Ordinal));
}

/// <summary>Shapes by type and by name, made once. A name or type that was refused is refused again without a look-up.</summary>
internal sealed class ShapeRegistry
{
    // Names come from outside: an attacker may not fill memory with names that do not exist.
    private const int RefusedNamesMax = 1024;

    private readonly ConcurrentDictionary<Type, Shape> _byType = new();
    private readonly ConcurrentDictionary<string, Shape> _byName = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _refused = new(StringComparer.Ordinal);
    private readonly Shape?[] _scalars = new Shape?[byte.MaxValue + 1];
    private readonly List<Type> _knownTypes = [];
    private readonly Dictionary<Type, int> _knownNumbers = [];
    private readonly TypeGate _gate;

    public ShapeRegistry(HyperionSerializerSettings settings)
    {
        Settings = settings;
        _gate = new TypeGate(settings.DisallowUnsafeType, settings.AllowedTypes);
        foreach (var codec in ScalarCodec.All)
        {
            var shape = codec.NewShape();
            _byType[shape.Type] = shape;
            _scalars[(byte)shape.Scalar!.Value] = shape;
        }

        var provider = (IKnownTypesProvider)Activator.CreateInstance(settings.KnownTypesProvider, nonPublic: true)!;
        foreach (var type in provider.GetKnownTypes())
        {
            _knownTypes.Add(type);
            _knownNumbers.TryAdd(type, _knownTypes.Count);
        }
    }

    public HyperionSerializerSettings Settings { get; }

    /// <summary>The number of a known type, from one; zero when it goes by name.</summary>
    public int KnownNumber(Type type) => _knownNumbers.GetValueOrDefault(type);

    public Shape ForKnownNumber(int number) =>
        number <= _knownTypes.Count ? ForWriting(_knownTypes[number - 1]) : throw new SerializationException($"Known type number {number} does not exist here");

    public Shape ScalarShape(ScalarKind kind) => _scalars[(byte)kind] ?? throw new SerializationException($"Unknown scalar {kind}");

    public Shape ForWriting(Type type) => _byType.TryGetValue(type, out var shape) ? shape : _byType.GetOrAdd(type, Create(type));

    public Shape ForReading(string name)
    {
        if (_byName.TryGetValue(name, out var shape))
            return shape;
        if (_refused.TryGetValue(name, out var reason))
            throw new SerializationException(reason);
        try
        {
            var current = Settings.PackageNameOverrides.Aggregate(name, (text, rename) => rename(text));
            var type = TypeNames.Find(current) ?? throw new SerializationException($"Type {name} is unknown here");
            shape = ForWriting(type);
            if (shape.Scalar is not null || shape.OwnTag is not null || type.IsAbstract)
                throw new SerializationException($"Type {name} does not go by name");
            return _byName.GetOrAdd(name, shape);
        }
        catch (Exception cause) when (cause is not OutOfMemoryException)
        {
            // The platform throws all kinds of exceptions for names that make no sense.
            if (_refused.Count < RefusedNamesMax)
                _refused.TryAdd(name, cause.Message);
            throw cause as SerializationException ?? new SerializationException($"Type {name} is unknown here", cause);
        }
    }

    private Shape Create(Type type)
    {
        if (typeof(IPAddress).IsAssignableFrom(type))
            return ScalarShape(ScalarKind.IPAddress);
        if (typeof(IActorRef).IsAssignableFrom(type))
            return new ActorRefShape(type);
        if (typeof(ISurrogated).IsAssignableFrom(type))
            return new SurrogateShape(type);

        _gate.Check(type);
        if (type.IsEnum)
            return Generic(typeof(EnumShape<>), type);
        if (typeof(Exception).IsAssignableFrom(type))
            return new ExceptionShape(type);
        if (type.IsSZArray)
            return Generic(typeof(ArrayShape<>), type.GetElementType()!);
        if (type.IsGenericType && PlatformTypes.Collections.TryGetValue(type.GetGenericTypeDefinition(), out var shape))
            return Generic(shape, type.GetGenericArguments());
        return new FieldsShape(type);
    }

    private static Shape Generic(Type definition, params Type[] arguments) => (Shape)Activator.CreateInstance(definition.MakeGenericType(arguments))!;
}
