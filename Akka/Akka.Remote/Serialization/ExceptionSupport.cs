using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.ExceptionServices;

namespace Akka.Remote.Serialization;

/// <summary>
/// Exceptions over the wire: type, message, stack trace and inner exceptions. At the other end an object of the same type is made, without running
/// a constructor, when the program knows the type; otherwise a plain exception says which it was.
/// </summary>
internal static class ExceptionSupport
{
    private const int DepthMax = 16;

    private static readonly FieldInfo? s_message = typeof(Exception).GetField("_message", BindingFlags.Instance | BindingFlags.NonPublic);
    private static readonly FieldInfo? s_inner = typeof(Exception).GetField("_innerException", BindingFlags.Instance | BindingFlags.NonPublic);

    public static void Write(WireWriter writer, Exception? exception)
    {
        for (var depth = 0; exception is not null && depth < DepthMax; depth++, exception = exception.InnerException)
        {
            writer.WriteBoolean(true);
            writer.WriteString(exception.GetType().FullName + ", " + exception.GetType().Assembly.GetName().Name);
            writer.WriteString(exception.Message);
            writer.WriteString(exception.StackTrace);
        }

        writer.WriteBoolean(false);
    }

    public static Exception? Read(ref WireReader reader)
    {
        var chain = new List<Exception>();
        while (reader.ReadBoolean() && chain.Count <= DepthMax)
            chain.Add(Make(reader.ReadString() ?? "", reader.ReadString() ?? "", reader.ReadString()));
        for (var i = chain.Count - 2; i >= 0; i--)
            s_inner?.SetValue(chain[i], chain[i + 1]);
        return chain.FirstOrDefault();
    }

    private static Exception Make(string typeName, string message, string? stack)
    {
        Exception exception;
        if (Type.GetType(typeName, throwOnError: false) is { IsAbstract: false, ContainsGenericParameters: false } type && typeof(Exception).IsAssignableFrom(type))
        {
            exception = (Exception)RuntimeHelpers.GetUninitializedObject(type);
            s_message?.SetValue(exception, message);
        }
        else
        {
            exception = new Exception($"{typeName}: {message}");
        }

        if (!string.IsNullOrEmpty(stack))
            ExceptionDispatchInfo.SetRemoteStackTrace(exception, stack);
        return exception;
    }
}
