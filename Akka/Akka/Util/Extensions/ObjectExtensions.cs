namespace Akka.Util.Extensions;

/// <summary>Wraps values in options.</summary>
public static class ObjectExtensions
{
    public static Option<T> AsOption<T>(this T obj) => Option<T>.Create(obj);
}
