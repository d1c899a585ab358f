using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Akka.Serialization.Hyperion.Format;

/// <summary>Exceptions: type, message, error code, stack trace as text and inner exception. Fields of derived types do not travel.</summary>
internal sealed class ExceptionShape(Type type) : Shape(type)
{
    private static readonly FieldInfo? s_message = PrivateField("_message");
    private static readonly FieldInfo? s_inner = PrivateField("_innerException");

    public override void Write(PayloadWriter writer, object value)
    {
        var exception = (Exception)value;
        writer.WriteString(exception.Message);
        writer.WriteVarInt(exception.HResult);
        writer.WriteString(exception.StackTrace);
        writer.WriteObject(exception.InnerException);
    }

    public override object Read(PayloadReader reader, int reference)
    {
        var exception = (Exception)RuntimeHelpers.GetUninitializedObject(Type);
        reader.Register(reference, exception);
        var message = reader.ReadString();
        s_message?.SetValue(exception, message);
        exception.HResult = checked((int)reader.ReadVarInt());
        if (reader.ReadString() is { Length: > 0 } stack)
            ExceptionDispatchInfo.SetRemoteStackTrace(exception, stack);
        if (reader.ReadObject() is Exception inner)
            s_inner?.SetValue(exception, inner);
        return exception;
    }

    private static FieldInfo? PrivateField(string name) => typeof(Exception).GetField(name, BindingFlags.Instance | BindingFlags.NonPublic);
}
