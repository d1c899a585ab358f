using System.Collections.Immutable;
using System.Collections.ObjectModel;
using System.Runtime.Serialization;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>A count and the elements. The order of enumeration is the order of adding.</summary>
internal abstract class SequenceShape<TCollection, T>() : Shape(typeof(TCollection))
    where TCollection : IReadOnlyCollection<T>
{
    private static readonly Codec<T> s_element = Codecs<T>.Instance;

    public override void Write(PayloadWriter writer, object value)
    {
        var collection = (TCollection)value;
        WriteComparer(writer, collection);
        writer.WriteVarUInt((uint)collection.Count);
        foreach (var element in collection)
            s_element.Write(writer, element);
    }

    protected virtual void WriteComparer(PayloadWriter writer, TCollection collection)
    {
    }

    protected static T[] ReadElements(PayloadReader reader)
    {
        var elements = new T[reader.ReadElementCount()];
        for (var i = 0; i < elements.Length; i++)
            elements[i] = s_element.Read(reader);
        return elements;
    }

    protected static void ReadInto(PayloadReader reader, Action<T> add)
    {
        for (var left = reader.ReadElementCount(); left > 0; left--)
            add(s_element.Read(reader));
    }
}

internal sealed class ArrayShape<T> : SequenceShape<T[], T>
{
    public override object Read(PayloadReader reader, int reference)
    {
        var array = new T[reader.ReadElementCount()];
        reader.Register(reference, array);
        for (var i = 0; i < array.Length; i++)
            array[i] = Codecs<T>.Instance.Read(reader);
        return array;
    }
}

internal sealed class ListShape<T> : SequenceShape<List<T>, T>
{
    public override object Read(PayloadReader reader, int reference)
    {
        var list = new List<T>();
        reader.Register(reference, list);
        ReadInto(reader, list.Add);
        return list;
    }
}

internal sealed class LinkedListShape<T> : SequenceShape<LinkedList<T>, T>
{
    public override object Read(PayloadReader reader, int reference)
    {
        var list = new LinkedList<T>();
        reader.Register(reference, list);
        ReadInto(reader, element => list.AddLast(element));
        return list;
    }
}

internal sealed class ReadOnlyCollectionShape<T> : SequenceShape<ReadOnlyCollection<T>, T>
{
    public override object Read(PayloadReader reader, int reference) => new ReadOnlyCollection<T>(ReadElements(reader));
}

internal sealed class HashSetShape<T> : SequenceShape<HashSet<T>, T>
{
    protected override void WriteComparer(PayloadWriter writer, HashSet<T> collection) => Comparers.WriteEquality(writer, collection.Comparer);

    public override object Read(PayloadReader reader, int reference)
    {
        var set = new HashSet<T>(Comparers.ReadEquality<T>(reader));
        reader.Register(reference, set);
        ReadInto(reader, element => set.Add(element));
        return set;
    }
}

internal sealed class SortedSetShape<T> : SequenceShape<SortedSet<T>, T>
{
    protected override void WriteComparer(PayloadWriter writer, SortedSet<T> collection) => Comparers.WriteOrder(writer, collection.Comparer);

    public override object Read(PayloadReader reader, int reference)
    {
        var set = new SortedSet<T>(Comparers.ReadOrder<T>(reader));
        reader.Register(reference, set);
        ReadInto(reader, element => set.Add(element));
        return set;
    }
}

internal sealed class QueueShape<T> : SequenceShape<Queue<T>, T>
{
    public override object Read(PayloadReader reader, int reference)
    {
        var queue = new Queue<T>();
        reader.Register(reference, queue);
        ReadInto(reader, queue.Enqueue);
        return queue;
    }
}

internal sealed class StackShape<T> : SequenceShape<Stack<T>, T>
{
    public override object Read(PayloadReader reader, int reference)
    {
        // Enumeration goes from the top down.
        var elements = ReadElements(reader);
        Array.Reverse(elements);
        return new Stack<T>(elements);
    }
}

internal sealed class DictionaryShape<TKey, TValue> : SequenceShape<Dictionary<TKey, TValue>, KeyValuePair<TKey, TValue>>
    where TKey : notnull
{
    public override void Write(PayloadWriter writer, object value)
    {
        var dictionary = (Dictionary<TKey, TValue>)value;
        Comparers.WriteEquality(writer, dictionary.Comparer);
        Pairs<TKey, TValue>.Write(writer, dictionary.Count, dictionary);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var dictionary = new Dictionary<TKey, TValue>(Comparers.ReadEquality<TKey>(reader));
        reader.Register(reference, dictionary);
        Pairs<TKey, TValue>.Read(reader, dictionary.Add);
        return dictionary;
    }
}

internal sealed class SortedDictionaryShape<TKey, TValue>() : Shape(typeof(SortedDictionary<TKey, TValue>))
    where TKey : notnull
{
    public override void Write(PayloadWriter writer, object value)
    {
        var dictionary = (SortedDictionary<TKey, TValue>)value;
        Comparers.WriteOrder(writer, dictionary.Comparer);
        Pairs<TKey, TValue>.Write(writer, dictionary.Count, dictionary);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var dictionary = new SortedDictionary<TKey, TValue>(Comparers.ReadOrder<TKey>(reader));
        reader.Register(reference, dictionary);
        Pairs<TKey, TValue>.Read(reader, dictionary.Add);
        return dictionary;
    }
}

internal sealed class ReadOnlyDictionaryShape<TKey, TValue>() : Shape(typeof(ReadOnlyDictionary<TKey, TValue>))
    where TKey : notnull
{
    public override void Write(PayloadWriter writer, object value)
    {
        var dictionary = (ReadOnlyDictionary<TKey, TValue>)value;
        Pairs<TKey, TValue>.Write(writer, dictionary.Count, dictionary);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var dictionary = new Dictionary<TKey, TValue>();
        Pairs<TKey, TValue>.Read(reader, dictionary.Add);
        return new ReadOnlyDictionary<TKey, TValue>(dictionary);
    }
}

internal sealed class ImmutableArrayShape<T>() : Shape(typeof(ImmutableArray<T>))
{
    public override void Write(PayloadWriter writer, object value)
    {
        var array = (ImmutableArray<T>)value;
        writer.WriteVarUInt(array.IsDefault ? 0 : (ulong)array.Length + 1);
        if (array.IsDefault)
            return;
        foreach (var element in array)
            Codecs<T>.Instance.Write(writer, element);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var count = reader.ReadCount(reader.Remaining + 1);
        if (count == 0)
            return default(ImmutableArray<T>);
        var builder = ImmutableArray.CreateBuilder<T>(count - 1);
        for (var i = 1; i < count; i++)
            builder.Add(Codecs<T>.Instance.Read(reader));
        return builder.MoveToImmutable();
    }
}

internal sealed class ImmutableListShape<T> : SequenceShape<ImmutableList<T>, T>
{
    public override object Read(PayloadReader reader, int reference) => ImmutableList.Create(ReadElements(reader));
}

internal sealed class ImmutableQueueShape<T>() : Shape(typeof(ImmutableQueue<T>))
{
    public override void Write(PayloadWriter writer, object value) => writer.WriteObject(((ImmutableQueue<T>)value).ToArray());

    public override object Read(PayloadReader reader, int reference) => ImmutableQueue.Create((T[])reader.ReadObject()!);
}

internal sealed class ImmutableStackShape<T>() : Shape(typeof(ImmutableStack<T>))
{
    public override void Write(PayloadWriter writer, object value) => writer.WriteObject(((ImmutableStack<T>)value).Reverse().ToArray());

    public override object Read(PayloadReader reader, int reference) => ImmutableStack.Create((T[])reader.ReadObject()!);
}

internal sealed class ImmutableHashSetShape<T> : SequenceShape<ImmutableHashSet<T>, T>
{
    protected override void WriteComparer(PayloadWriter writer, ImmutableHashSet<T> collection) =>
        Comparers.WriteEquality(writer, collection.KeyComparer);

    public override object Read(PayloadReader reader, int reference)
    {
        var builder = ImmutableHashSet.CreateBuilder(Comparers.ReadEquality<T>(reader));
        ReadInto(reader, element => builder.Add(element));
        return builder.ToImmutable();
    }
}

internal sealed class ImmutableSortedSetShape<T> : SequenceShape<ImmutableSortedSet<T>, T>
{
    protected override void WriteComparer(PayloadWriter writer, ImmutableSortedSet<T> collection) =>
        Comparers.WriteOrder(writer, collection.KeyComparer);

    public override object Read(PayloadReader reader, int reference)
    {
        var builder = ImmutableSortedSet.CreateBuilder(Comparers.ReadOrder<T>(reader));
        ReadInto(reader, element => builder.Add(element));
        return builder.ToImmutable();
    }
}

internal sealed class ImmutableDictionaryShape<TKey, TValue>() : Shape(typeof(ImmutableDictionary<TKey, TValue>))
    where TKey : notnull
{
    public override void Write(PayloadWriter writer, object value)
    {
        var dictionary = (ImmutableDictionary<TKey, TValue>)value;
        Comparers.WriteEquality(writer, dictionary.KeyComparer);
        Pairs<TKey, TValue>.Write(writer, dictionary.Count, dictionary);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var builder = ImmutableDictionary.CreateBuilder<TKey, TValue>(Comparers.ReadEquality<TKey>(reader));
        Pairs<TKey, TValue>.Read(reader, builder.Add);
        return builder.ToImmutable();
    }
}

internal sealed class ImmutableSortedDictionaryShape<TKey, TValue>() : Shape(typeof(ImmutableSortedDictionary<TKey, TValue>))
    where TKey : notnull
{
    public override void Write(PayloadWriter writer, object value)
    {
        var dictionary = (ImmutableSortedDictionary<TKey, TValue>)value;
        Comparers.WriteOrder(writer, dictionary.KeyComparer);
        Pairs<TKey, TValue>.Write(writer, dictionary.Count, dictionary);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var builder = ImmutableSortedDictionary.CreateBuilder<TKey, TValue>(Comparers.ReadOrder<TKey>(reader));
        Pairs<TKey, TValue>.Read(reader, builder.Add);
        return builder.ToImmutable();
    }
}

/// <summary>Keys and values, without an object for each pair.</summary>
internal static class Pairs<TKey, TValue>
    where TKey : notnull
{
    public static void Write(PayloadWriter writer, int count, IEnumerable<KeyValuePair<TKey, TValue>> pairs)
    {
        writer.WriteVarUInt((uint)count);
        foreach (var (key, value) in pairs)
        {
            Codecs<TKey>.Instance.Write(writer, key);
            Codecs<TValue>.Instance.Write(writer, value);
        }
    }

    public static void Read(PayloadReader reader, Action<TKey, TValue> add)
    {
        for (var left = reader.ReadElementCount(); left > 0; left--)
        {
            var key = Codecs<TKey>.Instance.Read(reader);
            add(key, Codecs<TValue>.Instance.Read(reader));
        }
    }
}

/// <summary>The comparers that travel with a collection. Another comparer would silently change its meaning, so it is refused.</summary>
internal static class Comparers
{
    private const byte Default = 0;
    private const byte Ordinal = 1;
    private const byte OrdinalIgnoreCase = 2;

    public static void WriteEquality<T>(PayloadWriter writer, IEqualityComparer<T> comparer) =>
        writer.WriteByte(Code(comparer, ReferenceEquals(comparer, EqualityComparer<T>.Default)));

    public static void WriteOrder<T>(PayloadWriter writer, IComparer<T> comparer) =>
        writer.WriteByte(Code(comparer, ReferenceEquals(comparer, Comparer<T>.Default)));

    public static IEqualityComparer<T> ReadEquality<T>(PayloadReader reader) =>
        reader.ReadByte() switch
        {
            Default => EqualityComparer<T>.Default,
            Ordinal => (IEqualityComparer<T>)(object)StringComparer.Ordinal,
            OrdinalIgnoreCase => (IEqualityComparer<T>)(object)StringComparer.OrdinalIgnoreCase,
            var code => throw new SerializationException($"Unknown comparer {code}"),
        };

    public static IComparer<T> ReadOrder<T>(PayloadReader reader) =>
        reader.ReadByte() switch
        {
            Default => Comparer<T>.Default,
            Ordinal => (IComparer<T>)(object)StringComparer.Ordinal,
            OrdinalIgnoreCase => (IComparer<T>)(object)StringComparer.OrdinalIgnoreCase,
            var code => throw new SerializationException($"Unknown comparer {code}"),
        };

    private static byte Code(object comparer, bool isDefault)
    {
        if (isDefault)
            return Default;
        if (comparer.Equals(StringComparer.Ordinal))
            return Ordinal;
        if (comparer.Equals(StringComparer.OrdinalIgnoreCase))
            return OrdinalIgnoreCase;
        throw new SerializationException($"A collection with the comparer {comparer.GetType()} cannot be serialized");
    }
}
