using System.Reflection;
using System.Reflection.Emit;
using System.Runtime.CompilerServices;
using System.Runtime.Serialization;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>One field of a type, with compiled access.</summary>
internal abstract class FieldAccess(uint nameHash)
{
    public uint NameHash { get; } = nameHash;

    public abstract byte Kind { get; }

    public abstract void Write(PayloadWriter writer, object owner);

    public abstract void Read(PayloadReader reader, object owner);

    public static FieldAccess Create(FieldInfo field, uint nameHash) =>
        (FieldAccess)Activator.CreateInstance(typeof(FieldAccess<>).MakeGenericType(field.FieldType), field, nameHash)!;
}

internal sealed class FieldAccess<T> : FieldAccess
{
    private readonly Func<object, T> _get;
    private readonly Action<object, T> _set;

    public FieldAccess(FieldInfo field, uint nameHash)
        : base(nameHash)
    {
        _get = CompileGetter(field);
        _set = CompileSetter(field);
    }

    public override byte Kind => Codecs<T>.Instance.Kind;

    public override void Write(PayloadWriter writer, object owner) => Codecs<T>.Instance.Write(writer, _get(owner));

    public override void Read(PayloadReader reader, object owner) => _set(owner, Codecs<T>.Instance.Read(reader));

    // IL instead of expression trees: expressions refuse to assign read-only fields, which is what records are made of.
    private static Func<object, T> CompileGetter(FieldInfo field)
    {
        var method = new DynamicMethod("get " + field.Name, typeof(T), [typeof(object)], typeof(FieldAccess).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        LoadOwner(il, field.DeclaringType!);
        il.Emit(OpCodes.Ldfld, field);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Func<object, T>>();
    }

    private static Action<object, T> CompileSetter(FieldInfo field)
    {
        var method = new DynamicMethod("set " + field.Name, null, [typeof(object), typeof(T)], typeof(FieldAccess).Module, skipVisibility: true);
        var il = method.GetILGenerator();
        LoadOwner(il, field.DeclaringType!);
        il.Emit(OpCodes.Ldarg_1);
        il.Emit(OpCodes.Stfld, field);
        il.Emit(OpCodes.Ret);
        return method.CreateDelegate<Action<object, T>>();
    }

    private static void LoadOwner(ILGenerator il, Type owner)
    {
        il.Emit(OpCodes.Ldarg_0);
        il.Emit(owner.IsValueType ? OpCodes.Unbox : OpCodes.Castclass, owner);
    }
}

/// <summary>
/// Classes, records and structs: an object is made without running a constructor and its fields are set. With version tolerance the
/// hashes of the field names travel once with the type.
/// </summary>
internal sealed class FieldsShape : Shape
{
    private readonly FieldAccess[] _fields;
    private readonly Dictionary<uint, FieldAccess> _byHash;

    public FieldsShape(Type type)
        : base(type)
    {
        var fields = new List<FieldAccess>();
        foreach (var field in FieldsOf(type))
            fields.Add(FieldAccess.Create(field, TypeNames.Hash(field.DeclaringType == type ? field.Name : field.DeclaringType!.Name + "." + field.Name)));
        _fields = [.. fields.OrderBy(field => field.NameHash)];
        _byHash = _fields.ToDictionary(field => field.NameHash);
    }

    private static IEnumerable<FieldInfo> FieldsOf(Type type)
    {
        for (var level = type; level is not null && level != typeof(object) && level != typeof(ValueType); level = level.BaseType)
        {
            foreach (var field in level.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                if (!field.IsDefined(typeof(NonSerializedAttribute)))
                    yield return field;
            }
        }
    }

    public override void Write(PayloadWriter writer, object value)
    {
        foreach (var field in _fields)
            field.Write(writer, value);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var value = RuntimeHelpers.GetUninitializedObject(Type);
        reader.Register(reference, value);
        foreach (var field in _fields)
            field.Read(reader, value);
        return value;
    }

    public override void WriteSchema(PayloadWriter writer)
    {
        writer.WriteVarUInt((uint)_fields.Length);
        foreach (var field in _fields)
        {
            writer.WriteUInt32(field.NameHash);
            writer.WriteByte(field.Kind);
        }
    }

    public override Shape ReadSchema(PayloadReader reader)
    {
        var count = reader.ReadElementCount();
        var sent = new SentField[count];
        var same = count == _fields.Length;
        for (var i = 0; i < count; i++)
        {
            sent[i] = new SentField(reader.ReadUInt32(), reader.ReadByte());
            same = same && _fields[i].NameHash == sent[i].NameHash && _fields[i].Kind == sent[i].Kind;
        }

        return same ? this : new OtherVersionShape(this, sent);
    }

    private readonly record struct SentField(uint NameHash, byte Kind);

    /// <summary>Reads objects of a writer whose version of the type has other fields.</summary>
    private sealed class OtherVersionShape(FieldsShape local, SentField[] sent) : Shape(local.Type)
    {
        public override void Write(PayloadWriter writer, object value) => local.Write(writer, value);

        public override object Read(PayloadReader reader, int reference)
        {
            var value = RuntimeHelpers.GetUninitializedObject(Type);
            reader.Register(reference, value);
            foreach (var field in sent)
            {
                if (!local._byHash.TryGetValue(field.NameHash, out var own))
                    WireKind.Skip(reader, field.Kind);
                else if (own.Kind == field.Kind)
                    own.Read(reader, value);
                else
                    throw new SerializationException($"A field of {Type} has another type at the sender");
            }

            return value;
        }
    }
}
