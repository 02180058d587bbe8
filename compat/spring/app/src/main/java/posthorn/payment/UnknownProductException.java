package posthorn.payment;

public class UnknownProductException extends RuntimeException {
  public UnknownProductException(String product) {
    super("there is no product " + product);
  }
}
