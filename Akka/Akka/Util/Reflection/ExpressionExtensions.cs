using System.Linq.Expressions;

namespace Akka.Util.Reflection;

/// <summary>Reads the arguments of <c>() => new Actor(a, b)</c>.</summary>
public static class ExpressionExtensions
{
    public static object[] GetArguments(this NewExpression newExpression)
    {
        if (newExpression.Arguments.Count == 0) return [];
        var arguments = new object[newExpression.Arguments.Count];
        for (var i = 0; i < arguments.Length; i++) arguments[i] = Value(newExpression.Arguments[i])!;
        return arguments;
    }

    private static object? Value(Expression expression)
    {
        switch (expression)
        {
            case ConstantExpression constant:
                return constant.Value;
            case MemberExpression { Member: System.Reflection.FieldInfo field } member:
                // a captured local: the usual case, without compiling anything
                if (member.Expression is null) return field.GetValue(null);
                if (Value(member.Expression) is { } closure) return field.GetValue(closure);
                break;
            case UnaryExpression { NodeType: ExpressionType.Convert, Method: null } convert when !convert.Operand.Type.IsValueType:
                return Value(convert.Operand);
        }

        var boxed = Expression.Convert(expression, typeof(object));
        return Expression.Lambda<Func<object?>>(boxed).Compile(preferInterpretation: true)();
    }
}
